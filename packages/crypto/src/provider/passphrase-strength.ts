/** Fewest different guesses, as a power of two, that a passphrase of this form should need. */
const BITS_MIN = 30

/** What people take first, in the order of how soon it is tried. */
const COMMON: readonly string[] = [
  'password',
  'passwort',
  'passphrase',
  'qwertyuiop',
  'qwertzuiop',
  'qwerty',
  'qwertz',
  'asdfghjkl',
  'letmein',
  'welcome',
  'iloveyou',
  'administrator',
  'admin',
  'secret',
  'geheim',
  'master',
  'monkey',
  'dragon',
  'football',
  'sunshine',
  'princess',
  'login',
  'test',
  'forgeone',
  'forge',
  'changeme',
  'default',
]

const COMMON_BITS = 5
const DIGIT_BITS = Math.log2(10)
const LETTER_BITS = Math.log2(26)
const OTHER_BITS = Math.log2(60)
/** A step of a run, or one more of the same, is hardly a choice. */
const STEP_BITS = 0.5

/**
 * A rough lower estimate of how many guesses a passphrase needs, in bits: repetitions, runs (`1234`, `abcd`) and common
 * words count little. It tells the worst from the rest, and no good one from a better one.
 */
export function passphraseBits(passphrase: string): number {
  const text = repeatedUnit(passphrase.toLowerCase())
  let bits = 0
  for (let at = 0; at < text.length;) {
    const word = COMMON.find((each) => text.startsWith(each, at))
    if (word !== undefined) {
      bits += COMMON_BITS
      at += word.length
      continue
    }
    bits += isStep(text, at) ? STEP_BITS : bitsOf(text[at]!)
    at++
  }
  return bits
}

/** Whether a passphrase is among the first that anybody would try. */
export function isGuessable(passphrase: string): boolean {
  return passphraseBits(passphrase) < BITS_MIN
}

/** `abcabcabc` is `abc`, said thrice. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length)
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit
  }
  return text
}

/** Whether a character only goes on as the one before: the same, or one up or down. */
function isStep(text: string, at: number): boolean {
  if (at === 0) return false
  return Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1
}

function bitsOf(character: string): number {
  if (/\d/.test(character)) return DIGIT_BITS
  return /[a-z]/.test(character) ? LETTER_BITS : OTHER_BITS
}
