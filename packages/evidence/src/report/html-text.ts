/** Controls, marks of direction and separators, which show nothing or show text in another order than it stands. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu
const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as HTML, within elements and within quoted attributes: nothing in it is markup, and nothing of it is unseen. */
export function htmlText(text: string): string {
  return text
    .replace(UNSEEN, (unseen) => `\\u{${unseen.codePointAt(0)!.toString(16)}}`)
    .replace(/[&<>"']/g, (character) => MARKUP[character]!)
}
