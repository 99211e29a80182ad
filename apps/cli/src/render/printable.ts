/**
 * What a terminal would obey, or show in another order than it stands there: controls, C1 included, marks of direction,
 * separators of lines, and halves of pairs. Line feed and tab are told apart by the caller.
 */
const STEERING =
  /[\p{Cc}\u00AD\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\uFDD0-\uFDEF]|\p{Surrogate}/gu

/**
 * The one place where text from outside is made safe to show. It keeps one line: line feeds and tabs are shown as well.
 */
export function printable(text: string): string {
  return text.replace(STEERING, escaped)
}

/** The same for text of several lines. */
export function printableText(text: string): string {
  return text.replace(STEERING, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/** JSON that means the same, and steers no terminal. */
export function printableJson(json: string): string {
  // Within JSON text controls are escaped already; what is left stands in strings, where this form is equal.
  return json.replace(STEERING, (character) => (character === '\n' ? character : unicodeEscape(character)))
}

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
