/** What Unicode calls a space, and plus: c2sp.org/signed-note, "Format". Control characters are ruled out before. */
const FORBIDDEN = /[\s\u0085+]/u

/** A key is named by at most this many characters; longer ones only cost. */
export const KEY_NAME_CHARACTERS_MAX = 256

export function isKeyName(name: string): boolean {
  return name !== '' && name.length <= KEY_NAME_CHARACTERS_MAX && name.isWellFormed() && !FORBIDDEN.test(name)
}
