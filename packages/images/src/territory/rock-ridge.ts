/** `NM` entries of the System Use Sharing Protocol: the name in parts, as its writer spelled it. */
const HEADER_BYTES = 4
const NAME_AT = 5
/** The parts that say "the directory itself" and "the one above". */
const SPECIAL_FLAGS = 0x06

/** @returns undefined when the record has no such name; continuation areas are not followed */
export function rockRidgeName(systemUse: Uint8Array): string | undefined {
  const parts: Uint8Array[] = []
  let at = 0
  while (at + HEADER_BYTES <= systemUse.length) {
    const length = systemUse[at + 2]!
    if (length < HEADER_BYTES || at + length > systemUse.length) break
    const isName = systemUse[at] === 0x4e && systemUse[at + 1] === 0x4d && length >= NAME_AT
    if (isName && (systemUse[at + 4]! & SPECIAL_FLAGS) === 0)
      parts.push(systemUse.subarray(at + NAME_AT, at + length))
    at += length
  }
  if (parts.length === 0) return undefined
  const decoder = new TextDecoder()
  return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode()
}
