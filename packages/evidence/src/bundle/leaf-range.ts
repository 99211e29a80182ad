import { utf8Encode } from '@forgeone/common'
import { CompactRange, EMPTY_ROOT, HASH_BYTES, leafHash } from '@forgeone/merkle'

/**
 * The root over all leaves of a log, from the subtrees left of a range and the leaves from there on. Whoever reaches a
 * signed root this way has every leaf of the range, unaltered and in order.
 * @param o.size leaves before the range
 * @param o.peaks their perfect subtrees, the smallest first: the inclusion proof of leaf `size` in a tree of `size` + 1
 * @throws RangeError when these are not the subtrees of so many leaves
 */
export function rootBehind(o: {
  readonly size: number
  readonly peaks: readonly Uint8Array[]
  readonly leaves: readonly string[]
}): Uint8Array {
  const { size, peaks, leaves } = o
  if (peaks.some((peak) => peak.length !== HASH_BYTES)) throw new RangeError('a peak is no hash of 32 bytes')
  let asked = 0
  const tree = CompactRange.restore(size, () => peaks[asked++] ?? EMPTY_ROOT)
  if (asked !== peaks.length) throw new RangeError(`${size} leaves have ${asked} perfect subtrees`)
  for (const leaf of leaves) tree.append({ buffer: leafHash(utf8Encode(leaf)), at: 0 })
  return tree.root()
}
