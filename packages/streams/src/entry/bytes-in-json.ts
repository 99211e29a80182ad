import { isBytes, type JsonValue } from '@forgeone/common'

/** JSON of the user's own that looks like this has one `$` more where it is shown, and one less where it is read. */
const BYTES_MEMBER = /^\$+bytes$/

/** A payload as JSON can carry it: bytes are `{ "$bytes": "<base64>" }`. */
export function shownPayload(payload: JsonValue | Uint8Array): JsonValue {
  if (isBytes(payload)) return { $bytes: Buffer.from(payload).toString('base64') }
  const member = bytesMember(payload)
  return member === undefined ? payload : { [`$${member.name}`]: member.value }
}

/** The payload that is shown so. @returns undefined for bytes that are not base64 */
export function readPayload(shown: JsonValue): JsonValue | Uint8Array | undefined {
  const member = bytesMember(shown)
  if (member === undefined) return shown
  if (member.name !== '$bytes') return { [member.name.slice(1)]: member.value }
  if (typeof member.value !== 'string') return undefined
  const bytes = Buffer.from(member.value, 'base64')
  return bytes.toString('base64') === member.value ? new Uint8Array(bytes) : undefined
}

/** The only member of an object, where it is called so. */
function bytesMember(value: JsonValue): { readonly name: string; readonly value: JsonValue } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const [first, ...others] = Object.entries(value)
  if (first === undefined || others.length > 0 || !BYTES_MEMBER.test(first[0])) return undefined
  return { name: first[0], value: first[1] as JsonValue }
}
