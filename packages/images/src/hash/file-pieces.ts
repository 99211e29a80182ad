import { open } from 'node:fs/promises'

const PIECE_BYTES = 1024 * 1024

/** A whole file in pieces of a mebibyte, past the buffers that metadata uses. */
export async function* filePieces(path: string, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  await using file = await open(path, 'r')
  const buffer = new Uint8Array(PIECE_BYTES)
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}
