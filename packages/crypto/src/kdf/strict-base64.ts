import { asBuffer } from '@forgeone/common'

/** Standard base64 with padding. */
export function asBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64')
}

/**
 * Decodes base64 only in the one spelling that encoding gives, so that no flipped bit of a text goes unnoticed.
 * @returns undefined for anything else
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined
}
