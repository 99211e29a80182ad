import { ForgeError, utf8Encode } from '@forgeone/common'

const RESOURCE_BYTES_MAX = 512
const SEGMENTS_MAX = 32
const CONTROL = /\p{Cc}/u

/**
 * A resource or a pattern of resources: segments joined by `/`, in NFC. `*` stands for one segment, `**` for the rest,
 * at the end only; both only in patterns.
 * @throws ACCESS_GRANT_INVALID
 */
export function parseResource(text: string): readonly string[] {
  // Before it is worked over: text that is longer in units than allowed in bytes is refused as it is.
  const segments = text.length > RESOURCE_BYTES_MAX ? [] : text.split('/')
  const sound =
    text !== '' &&
    segments.length > 0 &&
    text.isWellFormed() &&
    text.normalize('NFC') === text &&
    !CONTROL.test(text) &&
    utf8Encode(text).length <= RESOURCE_BYTES_MAX &&
    segments.length <= SEGMENTS_MAX &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..') &&
    segments.every((segment, index) => segment !== '**' || index === segments.length - 1)
  if (sound) return segments
  throw new ForgeError(
    'ACCESS_GRANT_INVALID',
    'a resource is segments joined by /, none of them empty, . or ..; ** stands at the end only',
  )
}

/** Whether every resource that `asked` stands for is one that `granted` stands for. Linear in the segments. */
export function covers(granted: readonly string[], asked: readonly string[]): boolean {
  for (let index = 0; index < granted.length; index++) {
    const segment = granted[index]
    // `x/**` is what lies below x, not x itself.
    if (segment === '**') return asked.length > index
    const other = asked[index]
    if (other === undefined || other === '**') return false
    if (segment !== '*' && segment !== other) return false
  }
  return granted.length === asked.length
}

/** Whether some resource is one that both stand for. Linear in the segments. */
export function intersects(left: readonly string[], right: readonly string[]): boolean {
  for (let index = 0; ; index++) {
    const [one, other] = [left[index], right[index]]
    if (one === undefined && other === undefined) return true
    if (one === '**') return other !== undefined
    if (other === '**') return one !== undefined
    if (one === undefined || other === undefined) return false
    if (one !== '*' && other !== '*' && one !== other) return false
  }
}
