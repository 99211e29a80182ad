import { equalBytes } from '@forgeone/common'
import { EndingAtFailure } from './ending-at-failure.ts'
import { PrefixDigest } from './prefix-digest.ts'

/** A source that begins with other bytes than these is not read on to find out. */
export const HEAD_BYTES = 1024

/** How far a source was read, and what its bytes up to there were: its name and its place say nothing. */
export interface KnownSource {
  /** Bytes that were stored, as they are after decompression. */
  readonly offset: number
  /** SHA-256 of those. */
  readonly digest: Uint8Array
  /** SHA-256 of the first of them, {@link HEAD_BYTES} at most. */
  readonly headDigest: Uint8Array
}

/**
 * Which of the sources known is the one that these bytes go on with: the one of which most was stored. One that is shorter than
 * what was stored of it, or has other bytes, is another.
 */
export async function findKnownSource<Known extends KnownSource>(
  chunks: AsyncIterable<Uint8Array>,
  known: readonly Known[],
): Promise<Known | undefined> {
  const digest = new PrefixDigest()
  let open = known.toSorted((left, right) => left.offset - right.offset)
  let found: Known | undefined
  let isHeadKnown = false
  const settle = (): void => {
    while (open.length > 0 && open[0]!.offset <= digest.bytes) {
      // Others of the same head end before or where the head does.
      if (!isHeadKnown && open[0]!.offset > HEAD_BYTES) break
      const [candidate] = open.splice(0, 1) as [Known]
      if (equalBytes(digest.at(candidate.offset), candidate.digest)) found = candidate
    }
    if (isHeadKnown || digest.bytes < HEAD_BYTES) return
    isHeadKnown = true
    const head = digest.at(HEAD_BYTES)
    open = open.filter(({ headDigest }) => equalBytes(headDigest, head))
    settle()
  }
  if (open.length === 0) return undefined
  // A source that fails, or is damaged, is told of by whoever reads it to keep what it holds.
  for await (const chunk of new EndingAtFailure(chunks)) {
    digest.add(chunk)
    settle()
    if (open.length === 0) break
    // What no candidate ends in is hashed as it comes, and not kept.
    if (isHeadKnown) digest.at(Math.min(digest.bytes, open[0]!.offset))
  }
  return found
}
