const LETTER = /\p{L}/u
/** 1 for the ASCII characters of a token: digits, letters and `_`. */
const asciiTokens = Uint8Array.from({ length: 128 }, (_, code) =>
  /\w/.test(String.fromCharCode(code)) ? 1 : 0,
)

/** True for what a token is made of: `[A-Za-z0-9_]` and letters above ASCII. Search and filters share it. */
export function isTokenCodePoint(codePoint: number): boolean {
  return codePoint < 128 ? asciiTokens[codePoint] === 1 : LETTER.test(String.fromCodePoint(codePoint))
}

/** True when a token character starts at `at`; false at the end of the text. */
export function isTokenAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 128) return asciiTokens[code] === 1
  return at < text.length && isTokenCodePoint(text.codePointAt(at)!)
}

/** True when a token character ends just before `at`; false at the start of the text. */
export function isTokenBefore(text: string, at: number): boolean {
  const code = text.charCodeAt(at - 1)
  if (code < 128) return asciiTokens[code] === 1
  const isLowSurrogate = code >= 0xdc00 && code <= 0xdfff
  return at > 0 && isTokenAt(text, at >= 2 && isLowSurrogate ? at - 2 : at - 1)
}

/** True when the text is one whole token. */
export function isToken(text: string): boolean {
  for (const character of text) if (!isTokenCodePoint(character.codePointAt(0)!)) return false
  return text !== ''
}
