/** Shorter ones are in nearly every block, longer ones are no words. */
export const TOKEN_BYTES_MIN = 3
export const TOKEN_BYTES_MAX = 64

/**
 * For each byte: its ASCII lower case when it belongs to a token, else 0. A filter's token is a run of ASCII letters,
 * digits and `_`. Letters above ASCII end a run here though they do not end a word of the query language: a filter
 * then holds more tokens than there are words, never fewer.
 */
export const FOLDED_TOKEN_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return byte < 128 && /\w/.test(character) ? character.toLowerCase().charCodeAt(0) : 0
})

export interface LiteralEdges {
  /** The literal begins where a word begins, or with no word. */
  readonly head: boolean
  /** It ends where a word ends. */
  readonly tail: boolean
}

/** The tokens that are in every text which holds the literal, lower case. */
export function tokensOfLiteral(literal: string, edges: LiteralEdges): readonly string[] {
  const tokens: string[] = []
  for (const match of literal.matchAll(/\w+/g)) {
    const [token] = match
    // What touches an edge of the literal may go on in the text.
    if (match.index === 0 && !edges.head) continue
    if (match.index + token.length === literal.length && !edges.tail) continue
    if (token.length >= TOKEN_BYTES_MIN && token.length <= TOKEN_BYTES_MAX) tokens.push(token.toLowerCase())
  }
  return tokens
}
