import { ByteWriter, utf8Encode, type Random } from '@forgeone/common'
import { deriveKey } from '../hash/hkdf.ts'
import { asBase64, fromBase64 } from '../kdf/strict-base64.ts'
import { AssociatedData } from './associated-data.ts'
import { readKeyId, SEALED_VERSION, writeSealedHeader } from './sealed-header.ts'
import { aes256Gcm } from '../suite/aes-256-gcm.ts'
import { HEADER_BYTES, type SuiteKey } from '../suite/suite.ts'

/** Keys are always wrapped with AES-256-GCM, whatever suite seals the data. */
export const WRAP_SUITE_ID: number = aes256Gcm.id

const PURPOSE = { slot: 'slot', data: 'wrap', shred: 'shred' } as const

/** What is wrapped, and so the third part of the associated data: (store id, `keyring`, kind, id u32). */
export type WrapKind = keyof typeof PURPOSE

/** A key that wraps other keys into sealed values of version 1. */
export class WrappingKey {
  readonly #cipher: SuiteKey
  readonly #kind: WrapKind
  readonly #headerId: number
  readonly #place: AssociatedData

  /** @param o.root borrowed slot key (kind `slot`) or master key (kind `data`); `o.id` goes into headers */
  constructor(o: { root: Uint8Array; storeId: Uint8Array; kind: WrapKind; id: number }) {
    const key = deriveKey({ key: o.root, storeId: o.storeId, purpose: PURPOSE[o.kind] })
    this.#cipher = aes256Gcm.createKey(key)
    key.fill(0)
    this.#kind = o.kind
    this.#headerId = o.id
    this.#place = new AssociatedData([o.storeId, utf8Encode('keyring'), utf8Encode(o.kind)])
  }

  /** Seals a key for the record with this id; base64. `key` is borrowed. */
  wrap({ id, key, random }: { id: number; key: Uint8Array; random: Random }): string {
    return this.wrapFor({ place: u32(id), key, random })
  }

  /** The same for a key that is named by other bytes than a record's id. */
  wrapFor({ place, key, random }: { place: Uint8Array; key: Uint8Array; random: Random }): string {
    const out = new Uint8Array(HEADER_BYTES + aes256Gcm.nonceBytes + key.length + aes256Gcm.tagBytes)
    writeSealedHeader(out, aes256Gcm.id, this.#headerId)
    out.set(random.bytes(aes256Gcm.nonceBytes), HEADER_BYTES)
    this.#cipher.seal({ aad: this.#place.with(out, place), plain: key, out })
    return asBase64(out)
  }

  /** @returns the key, owned by the caller, or undefined when the text is not authentic for this record */
  unwrap({ id, wrapped }: { id: number; wrapped: string }): Uint8Array | undefined {
    const sealed = fromBase64(wrapped)
    return sealed && this.unwrapFor({ place: u32(id), wrapped: sealed })
  }

  unwrapFor({ place, wrapped }: { place: Uint8Array; wrapped: Uint8Array }): Uint8Array | undefined {
    if (wrapped.length < HEADER_BYTES + aes256Gcm.nonceBytes + aes256Gcm.tagBytes) return undefined
    // No error of its own for a foreign header: to the keyring it is damage like any other.
    if (wrapped[0] !== SEALED_VERSION || wrapped[1] !== aes256Gcm.id || readKeyId(wrapped) !== this.#headerId)
      return undefined
    return this.#cipher.open({ aad: this.#place.with(wrapped, place), sealed: wrapped })
  }

  /** `[slot wrapping key 7]`: nothing secret when printed. */
  toString(): string {
    return `[${this.#kind} wrapping key ${this.#headerId}]`
  }
}

function u32(value: number): Uint8Array {
  return new ByteWriter(16).u32(value).finish()
}
