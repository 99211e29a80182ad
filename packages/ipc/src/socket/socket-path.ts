import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ForgeError, toHex } from '@forgeone/common'

/** A path of a socket has 108 bytes with its end on Linux, 104 on macOS: what is longer, Node.js cuts without a word. */
const PATH_BYTES_MAX = process.platform === 'darwin' ? 103 : 107
const SOCKET_NAME = 'forge.sock'

export interface SocketPlace {
  /** Of the store, absolute. */
  readonly directory: string
  readonly storeId: Uint8Array
  /** Where sockets are put that do not fit the directory: `XDG_RUNTIME_DIR`, else the directory for temporary files. */
  readonly runtimeDirectory?: string | undefined
  readonly platform?: NodeJS.Platform | undefined
}

/**
 * Where a store listens: `forge.sock` in its directory; where that path is too long, a name that follows from the store id, in a
 * directory of this user; on Windows a named pipe of that name.
 */
export function socketPathFor(place: SocketPlace): string {
  const { directory, storeId, platform = process.platform } = place
  const name = `forge-${nameOf(storeId, directory)}`
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`
  const path = join(directory, SOCKET_NAME)
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path
  const runtimeDirectory = place.runtimeDirectory ?? process.env['XDG_RUNTIME_DIR'] ?? tmpdir()
  // A directory of its own, so that nobody else can put something under that name beforehand.
  const derived = join(runtimeDirectory, name, 's')
  checkSocketPath(derived)
  return derived
}

/** A copy of a store has the same id elsewhere. */
function nameOf(storeId: Uint8Array, directory: string): string {
  return toHex(
    createHash('sha256').update('forge-ipc socket\0').update(storeId).update(directory).digest(),
  ).slice(0, 24)
}

/** @throws STORE_OPTION_INVALID */
export function checkSocketPath(path: string): void {
  const isPipe = path.startsWith('\\\\.\\pipe\\')
  if (isPipe || (Buffer.byteLength(path) <= PATH_BYTES_MAX && path !== '')) return
  throw new ForgeError('STORE_OPTION_INVALID', `a path of a socket has 1 to ${PATH_BYTES_MAX} bytes`, {
    details: { option: 'path' },
  })
}
