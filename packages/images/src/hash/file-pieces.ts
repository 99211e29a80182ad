import { openSource } from '../source/open-source.ts'

const PIECE_BYTES = 1024 * 1024

/** A whole file in pieces of a mebibyte, past the buffers that metadata uses. @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE */
export async function* filePieces(path: string, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  await using file = await openSource(path)
  const buffer = new Uint8Array(PIECE_BYTES)
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}
