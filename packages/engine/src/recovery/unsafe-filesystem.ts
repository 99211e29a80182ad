import { statfsSync } from 'node:fs'
import { ForgeError } from '@forgeone/common'

/** Super block magics (Linux `magic.h`) of file systems on which locks and fsync do not mean what we need. */
const NETWORK_FILESYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
])

/** @throws UNSAFE_FILESYSTEM */
export function assertLocalFilesystem(path: string): void {
  if (process.platform !== 'linux') return
  const name = NETWORK_FILESYSTEMS.get(statfsSync(path).type)
  if (name !== undefined)
    throw new ForgeError('UNSAFE_FILESYSTEM', `${path} lies on ${name}, a network file system`)
}
