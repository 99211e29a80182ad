/** Fewer belong to what was written: text of two or four bytes a character begins with them. */
const NULS_MIN = 4

/**
 * Chunks without the zeros in front: a file that was truncated under a writer that knows its place has a hole there, which nobody
 * wrote.
 * @param onSkipped told of how many there were, once
 */
export async function* withoutLeadingNuls(
  chunks: AsyncIterable<Uint8Array>,
  onSkipped: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  let nuls = 0
  let hasBegun = false
  for await (const chunk of chunks) {
    if (hasBegun) {
      yield chunk
      continue
    }
    const begin = chunk.findIndex((byte) => byte !== 0)
    nuls += begin === -1 ? chunk.length : begin
    if (begin === -1) continue
    hasBegun = true
    if (nuls < NULS_MIN) {
      if (nuls > begin) yield new Uint8Array(nuls - begin)
      yield chunk
    } else {
      onSkipped(nuls)
      yield chunk.subarray(begin)
    }
  }
  if (hasBegun) return
  if (nuls < NULS_MIN) yield new Uint8Array(nuls)
  else onSkipped(nuls)
}
