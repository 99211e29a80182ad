/** Bytes without Node's Buffer: what verifies runs in browsers too. */
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Arguments of one call: engines take no more than some ten thousand. */
const CHARACTERS_AT_ONCE = 8192

export function utf8Encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Bytes that are not UTF-8 become U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** One character an octet, U+0000 to U+00FF. */
export function octetsOf(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE)
    text += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_AT_ONCE))
  return text
}

/** The bytes of a text that {@link octetsOf} made. */
export function bytesOfOctets(octets: string): Uint8Array {
  return Uint8Array.from(octets, (character) => character.charCodeAt(0))
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
