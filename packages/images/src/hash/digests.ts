import { createHash } from 'node:crypto'

/** Digests of the same bytes, in hexadecimal. */
export interface Digests {
  readonly md5: string
  readonly sha1: string
  readonly sha256: string
}

/** All three in one pass. */
export async function digestsOf(
  pieces: AsyncIterable<Uint8Array>,
  { onProgress }: { readonly onProgress?: ((bytes: number) => void) | undefined } = {},
): Promise<Digests> {
  const hashes = { md5: createHash('md5'), sha1: createHash('sha1'), sha256: createHash('sha256') }
  let done = 0
  for await (const piece of pieces) {
    for (const hash of Object.values(hashes)) hash.update(piece)
    done += piece.length
    onProgress?.(done)
  }
  return {
    md5: hashes.md5.digest('hex'),
    sha1: hashes.sha1.digest('hex'),
    sha256: hashes.sha256.digest('hex'),
  }
}
