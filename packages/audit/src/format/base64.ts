import { bytesOfOctets, octetsOf } from './bytes.ts'

/**
 * Standard base64 with padding (RFC 4648 section 4), in its one canonical spelling.
 * @returns undefined for anything else, the URL alphabet and stray bits included
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    const octets = atob(text)
    // It takes blanks, stray bits and missing padding; only the one spelling comes back.
    return btoa(octets) === text ? bytesOfOctets(octets) : undefined
  } catch {
    return undefined
  }
}

/** base64url without padding (RFC 4648 section 5), in its one canonical spelling. @returns undefined for anything else */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (/[+/=]/.test(text)) return undefined
  const padded = text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4)
  return decodeBase64(padded)
}

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(octetsOf(bytes))
}
