import type { PlainTexts } from './plain-columns.ts'

/** Words of so many bytes of text are looked at, in windows spread over all of it. */
const WINDOW_BYTES = 8192
const WINDOWS = 16
/** Fewer do not tell: even a log begins with words not seen before. */
const SAMPLE_BYTES_MIN = 65_536
/** Shorter words repeat by chance, and longer ones than any hash or token of a log are no words. */
const WORD_BYTES_MIN = 4
/** Above this share of bytes in words seen once, templates save less than their columns take time. */
const UNIQUE_SHARE = 0.5
const TABLE_SLOTS = 65_536
const SEEN = -1

/**
 * Whether most of the texts is words that do not come again: prose, or encoded bytes. Templates gain nothing on those.
 * Numbers and hexadecimal digits do not count: as columns they cost what they must.
 */
export function isProse({ text }: Pick<PlainTexts, 'text'>): boolean {
  if (text.length < SAMPLE_BYTES_MIN) return false
  /** By hash of a word: its bytes when it was seen once, 0 when never, SEEN when again. */
  const seen = new Int32Array(TABLE_SLOTS)
  const step = Math.max(WINDOW_BYTES, Math.floor(text.length / WINDOWS))
  let sampled = 0
  let unique = 0
  for (let first = 0; first < text.length; first += step) {
    const end = Math.min(first + WINDOW_BYTES, text.length)
    sampled += end - first
    for (let at = first; at < end; at++) {
      const start = at
      let hash = 0
      let isHexadecimal = true
      for (; at < end && isWordByte(text[at]!); at++) {
        if (!isHexadecimalDigit(text[at]!)) isHexadecimal = false
        hash = Math.imul(hash ^ text[at]!, 0x01000193)
      }
      const length = at - start
      if (isHexadecimal || length < WORD_BYTES_MIN) continue
      const slot = (hash ^ (hash >>> 15)) & (TABLE_SLOTS - 1)
      const before = seen[slot]!
      if (before === 0) unique += length
      else if (before > 0) unique -= before
      seen[slot] = before === 0 ? length : SEEN
    }
  }
  return unique > sampled * UNIQUE_SHARE
}

function isHexadecimalDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)
}

/** Letters, digits, and what encodings of bytes use beside them. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte >= 0x80 ||
    byte === 0x2b ||
    byte === 0x2f ||
    byte === 0x5f
  )
}
