import { tellProgress } from '@forgeone/common'
import { createHash } from 'node:crypto'
import { imageCheck } from '../image-arguments.ts'

/** Digests of the same bytes, in hexadecimal. */
export interface Digests {
  readonly md5: string
  readonly sha1: string
  readonly sha256: string
}

/** All three in one pass. @throws IMAGE_ARGUMENT_INVALID */
export async function digestsOf(
  pieces: AsyncIterable<Uint8Array>,
  options: { readonly onProgress?: ((bytes: number) => void) | undefined } = {},
): Promise<Digests> {
  const { onProgress: given } = imageCheck.options(options, ['onProgress'])
  // Checked to be a function.
  const onProgress =
    given === undefined ? undefined : imageCheck.callback(given as (bytes: number) => void, 'onProgress')
  if (!isIterable(pieces)) throw imageCheck.refusal('pieces', 'must be an async iterable of bytes')
  const hashes = { md5: createHash('md5'), sha1: createHash('sha1'), sha256: createHash('sha256') }
  let done = 0
  for await (const piece of pieces) {
    imageCheck.bytes(piece, 'a piece')
    for (const hash of Object.values(hashes)) hash.update(piece)
    done += piece.length
    tellProgress(onProgress, done)
  }
  return {
    md5: hashes.md5.digest('hex'),
    sha1: hashes.sha1.digest('hex'),
    sha256: hashes.sha256.digest('hex'),
  }
}

/** A proxy that was revoked throws when it is asked. */
function isIterable(pieces: unknown): boolean {
  try {
    return typeof pieces === 'object' && pieces !== null && Symbol.asyncIterator in pieces
  } catch {
    return false
  }
}
