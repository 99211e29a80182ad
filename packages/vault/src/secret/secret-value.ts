import { inspect } from 'node:util'
import { utf8Decode } from '@forgeone/common'

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
