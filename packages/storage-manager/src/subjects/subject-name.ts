import { ByteWriter, ForgeError, readArgument, utf8Encode, refuseOtherMembers } from '@forgeone/common'

const SUBJECT_BYTES_MAX = 256
/** It stands in a leaf, in which everything is short. */
const REQUEST_ID_BYTES_MAX = 256
/** It lies in a row of its own. */
const REASON_BYTES_MAX = 4096
const CONTROL = /\p{Cc}/u

/**
 * The one spelling of a subject's name, NFC: however it is typed, it is the same person.
 * @throws SUBJECT_INVALID
 */
export function subjectName(subject: string): string {
  return checkedText(subject, { what: 'a subject', bytesMax: SUBJECT_BYTES_MAX })
}

/** @throws SUBJECT_INVALID */
export function erasureRequest(requestId: string): string {
  return checkedText(requestId, { what: 'a request', bytesMax: REQUEST_ID_BYTES_MAX })
}

/** @throws SUBJECT_INVALID */
export function holdReason(options: unknown): string {
  refuseOtherMembers(options, { code: 'SUBJECT_INVALID', names: ['reason'] })
  const reason: unknown = readArgument('SUBJECT_INVALID', () => Object(options).reason)
  return checkedText(reason, { what: 'the reason of a hold', bytesMax: REASON_BYTES_MAX })
}

/** Names of one thing each, length-prefixed: no two lists give the same bytes, whatever blanks are in them. */
export function joinedNames(...names: readonly string[]): Uint8Array {
  const writer = new ByteWriter()
  for (const name of names) writer.prefixed(utf8Encode(name))
  return writer.finish()
}

function checkedText(
  value: unknown,
  { what, bytesMax }: { readonly what: string; readonly bytesMax: number },
): string {
  // The length first: text is not worked over that is refused anyway.
  const isShort = typeof value === 'string' && value !== '' && value.length <= bytesMax
  if (isShort && value.isWellFormed() && !CONTROL.test(value)) {
    const text = value.normalize('NFC')
    if (utf8Encode(text).length <= bytesMax) return text
  }
  throw new ForgeError(
    'SUBJECT_INVALID',
    `${what} is named by 1 to ${bytesMax} bytes of Unicode text without control characters`,
  )
}
