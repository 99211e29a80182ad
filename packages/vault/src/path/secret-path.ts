import { ForgeError, utf8Encode } from '@forgeone/common'

export const PATH_BYTES_MAX = 512
export const PATH_SEGMENTS_MAX = 16
const CONTROL = /\p{Cc}/u

/**
 * Checks the path of a secret: segments joined by `/`, in NFC, none empty, `.` or `..`, no control characters.
 * @throws VAULT_PATH_INVALID
 */
export function checkSecretPath(path: unknown): string {
  if (typeof path !== 'string' || path === '') throw pathInvalid('is no text, or empty')
  // Before it is worked over: text that is longer in units than allowed in bytes is too long.
  if (path.length > PATH_BYTES_MAX) throw pathInvalid(`is longer than ${PATH_BYTES_MAX} bytes`)
  const problem = problemOf(path)
  if (problem !== undefined) throw pathInvalid(problem)
  return path
}

function pathInvalid(problem: string): ForgeError {
  return new ForgeError('VAULT_PATH_INVALID', `the path of a secret ${problem}`)
}

function problemOf(path: string): string | undefined {
  if (!path.isWellFormed() || path.normalize('NFC') !== path) return 'is not Unicode text in NFC'
  if (utf8Encode(path).length > PATH_BYTES_MAX) return `is longer than ${PATH_BYTES_MAX} bytes`
  if (CONTROL.test(path)) return 'holds a control character'
  const segments = path.split('/')
  if (segments.length > PATH_SEGMENTS_MAX) return `has more than ${PATH_SEGMENTS_MAX} segments`
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'has an empty segment, . or ..'
  }
  if (segments.some((segment) => segment === '*' || segment === '**')) return 'has * for a segment'
  return undefined
}

/**
 * A matcher of paths: `*` stands for one segment, `**` for the rest, at the end only.
 * @throws VAULT_PATH_INVALID
 */
export function pathMatcher(pattern: unknown): (path: string) => boolean {
  if (typeof pattern !== 'string' || pattern.length > PATH_BYTES_MAX)
    throw pathInvalid('or a pattern of them is text')
  const segments = pattern.split('/')
  const rest = segments.at(-1) === '**'
  const fixed = rest ? segments.slice(0, -1) : segments
  if (fixed.includes('**') || segments.includes('')) {
    throw new ForgeError(
      'VAULT_PATH_INVALID',
      'in a pattern * is one whole segment, and ** the rest at its end',
    )
  }
  return (path) => {
    const parts = path.split('/')
    if (rest ? parts.length <= fixed.length : parts.length !== fixed.length) return false
    return fixed.every((segment, index) => segment === '*' || segment === parts[index])
  }
}
