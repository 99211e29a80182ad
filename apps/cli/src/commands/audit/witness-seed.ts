import { open } from 'node:fs/promises'
import { readBoundedFile } from '@forgeone/audit'
import { ForgeError, systemRandom, systemCode } from '@forgeone/common'

const SEED_BYTES = 32
const MODE = 0o600

/** The seed of a witness: 32 bytes in a file that only its owner reads, made on the first run. @throws IO_FAILED */
export async function witnessSeed(path: string): Promise<Uint8Array> {
  try {
    const existing = await readBoundedFile(path, SEED_BYTES)
    if (existing.length === SEED_BYTES) return existing
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw new ForgeError('IO_FAILED', `${path} cannot be read`, { cause })
    return await createSeed(path)
  }
  throw new ForgeError('IO_FAILED', `${path} has not ${SEED_BYTES} bytes, so it is no seed`)
}

async function createSeed(path: string): Promise<Uint8Array> {
  const seed = systemRandom.bytes(SEED_BYTES)
  try {
    await using file = await open(path, 'wx', MODE)
    await file.writeFile(seed)
    await file.sync()
  } catch (cause) {
    throw new ForgeError('IO_FAILED', `${path} cannot be written`, { cause })
  }
  return seed
}
