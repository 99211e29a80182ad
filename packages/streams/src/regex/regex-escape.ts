/** What a backslash and what follows it stand for. `end` is behind it. */
export type RegexEscape = { readonly end: number } & (
  | { readonly kind: 'class' | 'edge' | 'backreference' }
  | { readonly kind: 'literal'; readonly codePoint: number }
)

const PROPERTY = /\\[pP]\{[^}]*\}/y
const BRACED = /\\u\{([\da-fA-F]+)\}/y
/** Two escaped halves are one character. */
const PAIR = /\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/y
const HEX = /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2}))/y
const CONTROL_LETTER_MASK = 31
const NAMED: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 }

/** Reads the escape at `at` of an expression that JavaScript accepts with the flag `u`. */
export function readEscape(source: string, at: number): RegexEscape {
  const letter = source[at + 1] ?? ''
  if (/[dDwWsS]/.test(letter)) return { kind: 'class', end: at + 2 }
  if (/[bB]/.test(letter)) return { kind: 'edge', end: at + 2 }
  if (/[1-9k]/.test(letter)) return { kind: 'backreference', end: at + 2 }
  const property = matchAt(PROPERTY, source, at)
  if (property !== undefined) return { kind: 'class', end: at + property[0].length }
  if (letter === 'c') return literal(source.charCodeAt(at + 2) & CONTROL_LETTER_MASK, at + 3)
  const hex = readHex(source, at)
  if (hex !== undefined) return hex
  const named = Object.hasOwn(NAMED, letter) ? NAMED[letter] : undefined
  return literal(named ?? source.charCodeAt(at + 1), at + 2)
}

function readHex(source: string, at: number): RegexEscape | undefined {
  const braced = matchAt(BRACED, source, at)
  if (braced !== undefined) return literal(Number.parseInt(braced[1]!, 16), at + braced[0].length)
  const pair = matchAt(PAIR, source, at)
  if (pair !== undefined) {
    const halves = String.fromCharCode(Number.parseInt(pair[1]!, 16), Number.parseInt(pair[2]!, 16))
    return literal(halves.codePointAt(0)!, at + pair[0].length)
  }
  const hex = matchAt(HEX, source, at)
  return hex && literal(Number.parseInt(hex[1] ?? hex[2]!, 16), at + hex[0].length)
}

function literal(codePoint: number, end: number): RegexEscape {
  return { kind: 'literal', codePoint, end }
}

function matchAt(expression: RegExp, source: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at
  return expression.exec(source) ?? undefined
}
