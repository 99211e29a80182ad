import { ForgeError, systemCode } from '@forgeone/common'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * Reads a small file, and no more of it than it may have: a regular one only, without waiting. A pipe put in its place
 * would keep whoever opens it waiting for ever, and a sparse one would fill the memory.
 * @returns at most `bytesMax + 1` bytes, so that a longer file can be told; undefined when there is none
 * @throws IO_FAILED for what is no regular file, and what the system says
 */
export async function readSmallFile(
  file: string,
  { bytesMax }: { readonly bytesMax: number },
): Promise<Uint8Array | undefined> {
  try {
    // Without O_NONBLOCK opening a pipe waits for its writer.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const facts = await handle.stat()
      if (!facts.isFile()) throw new ForgeError('IO_FAILED', `${file} is not a regular file`)
      const bytes = new Uint8Array(Math.min(facts.size, bytesMax + 1))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
      return bytes.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return undefined
    // A socket, and a link to itself.
    if (code === 'ENXIO' || code === 'ELOOP')
      throw new ForgeError('IO_FAILED', `${file} is not a regular file`, { cause: error })
    throw error
  }
}
