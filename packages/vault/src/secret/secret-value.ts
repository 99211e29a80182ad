import { inspect } from 'node:util'
import { utf8Decode, type Conversion } from '@forgeone/common'

/** What stands where a secret would be printed. */
const HIDDEN = '[secret]'

/** The value of a secret. It prints as `[secret]` wherever something prints it by accident. */
export class SecretValue {
  readonly version: number
  readonly #bytes: Uint8Array

  /** @param o.bytes owned from now on */
  constructor({ bytes, version }: { readonly bytes: Uint8Array; readonly version: number }) {
    this.#bytes = bytes
    this.version = version
    // A private field is hidden from `console.log` already; this says so.
    Object.defineProperty(this, inspect.custom, { value: () => HIDDEN })
  }

  /** The bytes themselves, not a copy: they are zero after `wipe`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The bytes as UTF-8. What is no UTF-8 becomes U+FFFD: take `bytes` of a secret that is no text. */
  text(): string {
    return utf8Decode(this.#bytes)
  }

  /** Overwrites the bytes; strings made of them stay in memory until they are collected. */
  wipe(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }
}

interface SecretParts {
  readonly version: number
  readonly bytes: Uint8Array
}

/** Its bytes cross to another process of the same user, and to nobody else. */
export const CROSSING_SECRET: Conversion = {
  give: ({ version, bytes }: SecretValue): SecretParts => ({ version, bytes }),
  take: (parts: SecretParts): SecretValue => new SecretValue(parts),
}

export const CROSSING_SECRETS: Conversion = {
  give: (secrets: readonly (SecretValue | undefined)[]) =>
    secrets.map((secret) => secret && { version: secret.version, bytes: secret.bytes }),
  take: (all: readonly (SecretParts | undefined)[]) => all.map((parts) => parts && new SecretValue(parts)),
}
