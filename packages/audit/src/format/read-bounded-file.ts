import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** A file that is not what it was taken for. `code` is like those of the operating system. */
export class UnfitFile extends Error {
  readonly code: 'ENOTREG' | 'EFBIG'

  constructor(code: 'ENOTREG' | 'EFBIG', message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The bytes of a regular file of at most `bytesMax`. Nothing else is read: a pipe would be waited for without end, and a
 * sparse file of gigabytes takes none on the disk and all of them in memory.
 * @throws UnfitFile, and what the operating system refuses
 */
export async function readBoundedFile(path: string, bytesMax: number): Promise<Uint8Array> {
  // Opening a pipe for reading would wait for its writer.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const found = await file.stat()
  if (!found.isFile()) throw new UnfitFile('ENOTREG', 'it is no regular file')
  if (found.size > bytesMax) throw new UnfitFile('EFBIG', `it has ${found.size} bytes, above ${bytesMax}`)
  // It may have grown since: one byte more than allowed tells.
  const bytes = new Uint8Array(Math.min(bytesMax, found.size) + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) return bytes.subarray(0, length)
    length += bytesRead
  }
  if (length > bytesMax) throw new UnfitFile('EFBIG', `it has more than ${bytesMax} bytes`)
  // What was appended meanwhile belongs to the next reading.
  return bytes.subarray(0, found.size)
}
