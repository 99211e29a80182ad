// A second implementation of the formats over other libraries, written from their description; it shares no code with
// ours but the byte writer.

import { ByteWriter, fromHex, toHex } from '@forgeone/common'
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { expect } from 'vitest'
import type { KeyringDocument } from '../src/keyring/keyring-document.ts'
import { bytes } from './fixtures.ts'

/** What the reader needs of a frozen vector. Bytes are hexadecimal. */
export interface SlowVector {
  readonly secret: { readonly rawKey: string } | { readonly passphrase: string } | 'open'
  readonly storeId: string
  readonly keyring: string
  readonly sealed: readonly SlowSealed[]
}

export interface SlowSealed {
  readonly scope: string
  readonly keyspace: string
  readonly key: string
  readonly value: string
  readonly sealed: string
}

/** Opens a keyring whose first slot has a raw key or none. */
export class SlowReader {
  readonly #document: KeyringDocument
  readonly #storeId: Uint8Array
  readonly #root: Uint8Array
  readonly storedMac: string

  constructor(vector: SlowVector) {
    // Written by us and never edited, so its shape is known.
    const { mac, ...document } = JSON.parse(vector.keyring) as KeyringDocument & { mac: string }
    this.#document = document
    this.storedMac = mac
    this.#storeId = fromHex(vector.storeId)!
    const { secret } = vector
    const slotKey =
      typeof secret === 'object' && 'rawKey' in secret
        ? fromHex(secret.rawKey)!
        : b64(document.slots[0]!.kdf.split('$')[2]!)
    this.#root = this.masterOf(slotKey, 1)
  }

  /** The master key that a slot gives. */
  masterOf(slotKey: Uint8Array, slotId: number): Uint8Array {
    const slot = this.#document.slots.find(({ id }) => id === slotId)!
    expect(commitment(slotKey, 1, slot.id, 1)).toBe(slot.commit)
    const master = this.#unwrap(this.#derive(slotKey, 'slot'), 'slot', u32(slot.id), b64(slot.wrapped))
    expect(commitment(master, 2, this.#document.master.id, 1)).toBe(this.#document.master.commit)
    return master
  }

  mac(): string {
    const mac = hmac(sha256, this.#derive(this.#root, 'keyring-mac'), bytes(sortedJson(this.#document)))
    return Buffer.from(mac).toString('base64')
  }

  keyedHash({ purpose, value }: { readonly purpose: string; readonly value: string }): string {
    return toHex(hmac(sha256, this.#derive(this.#dataKey('index'), purpose), fromHex(value)!))
  }

  subkey({ purpose, label }: { readonly purpose: string; readonly label: string }): string {
    return toHex(this.#derive(this.#derive(this.#dataKey('index'), purpose), purpose, [bytes(label)]))
  }

  lastingMac({ label, value }: { readonly label: string; readonly value: string }): string {
    const root = this.#derive(this.#dataKey('index'), 'file-mac')
    return toHex(hmac(sha256, this.#derive(root, 'file-mac', [bytes(label)]), fromHex(value)!))
  }

  /** @param o.value its type tag and its bytes, normalised */
  blindIndex(o: {
    readonly field: string
    readonly version: number
    readonly bits: number
    readonly value: { readonly tag: number; readonly bytes: Uint8Array }
  }): string {
    const name = new ByteWriter().prefixed(bytes('field')).prefixed(bytes(o.field)).u32(o.version).finish()
    const key = fromHex(this.keyedHash({ purpose: 'blind', value: toHex(name) }))!
    const digest = hmac(sha256, key, new ByteWriter().u8(o.value.tag).prefixed(o.value.bytes).finish())
    const bits = BigInt(`0x${toHex(digest)}`) >> BigInt(256 - o.bits)
    const length = Math.ceil(o.bits / 8)
    return (bits << BigInt(length * 8 - o.bits)).toString(16).padStart(length * 2, '0')
  }

  open(one: SlowSealed): string {
    const sealed = fromHex(one.sealed)!
    const parts = [this.#storeId, bytes(one.scope), fromHex(one.keyspace)!, fromHex(one.key)!]
    const aad = associatedData(sealed.subarray(0, 6), parts)
    const root = this.#dataKey(one.scope, new DataView(sealed.buffer).getUint32(2))
    const key = this.#derive(root, one.scope === 'journal' ? 'journal' : 'seal')
    switch (sealed[1]) {
      case 0: {
        const value = sealed.subarray(6, -32)
        const tag = blake3(new ByteWriter().prefixed(aad).bytes(value).finish(), { key })
        return toHex(tag) === toHex(sealed.subarray(-32)) ? toHex(value) : 'not authentic'
      }
      case 1:
        return toHex(gcm(key, sealed.subarray(6, 18), aad).decrypt(sealed.subarray(18)))
      case 2:
        return toHex(chacha20poly1305(key, sealed.subarray(6, 18), aad).decrypt(sealed.subarray(18)))
      default:
        return toHex(xchacha20poly1305(key, sealed.subarray(6, 30), aad).decrypt(sealed.subarray(30)))
    }
  }

  /** The shred key in a row `k`. */
  shredKey(ref: Uint8Array, wrapped: Uint8Array): Uint8Array {
    const record = this.#document.shred.find(({ bucket }) => bucket === ref[0])!
    const wrapping = this.#derive(this.#root, 'wrap')
    const bucketKey = this.#unwrap(wrapping, 'data', u32(record.id), b64(record.wrapped))
    expect(commitment(bucketKey, 4, record.id, 1)).toBe(record.commit)
    expect(toHex(wrapped.subarray(0, 6))).toBe(`0101${toHex(u32(record.id))}`)
    return this.#unwrap(this.#derive(bucketKey, 'shred'), 'shred', ref, wrapped)
  }

  /** A value of version 2. */
  openShredValue(key: Uint8Array, place: readonly Uint8Array[], sealed: Uint8Array): string {
    const aad = associatedData(sealed.subarray(0, 18), [this.#storeId, ...place])
    return toHex(xchacha20poly1305(key, sealed.subarray(18, 42), aad).decrypt(sealed.subarray(42)))
  }

  #dataKey(scope: string, keyId?: number): Uint8Array {
    const record = this.#document.keys.find(
      (key) => key.scope === scope && (keyId === undefined || key.id === keyId),
    )!
    const key = this.#unwrap(this.#derive(this.#root, 'wrap'), 'data', u32(record.id), b64(record.wrapped))
    expect(commitment(key, 3, record.id, record.suite)).toBe(record.commit)
    return key
  }

  #unwrap(key: Uint8Array, kind: string, place: Uint8Array, wrapped: Uint8Array): Uint8Array {
    const aad = associatedData(wrapped.subarray(0, 6), [this.#storeId, bytes('keyring'), bytes(kind), place])
    return gcm(key, wrapped.subarray(6, 18), aad).decrypt(wrapped.subarray(18))
  }

  #derive(key: Uint8Array, purpose: string, context: readonly Uint8Array[] = []): Uint8Array {
    const info = new ByteWriter().bytes(bytes(`forge/v1/${purpose}`))
    for (const part of context) info.prefixed(part)
    return hkdf(sha256, key, this.#storeId, info.finish(), 32)
  }
}

function associatedData(header: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const aad = new ByteWriter().bytes(header).u8(parts.length)
  for (const part of parts) aad.prefixed(part)
  return aad.finish()
}

function commitment(key: Uint8Array, kind: number, id: number, suite: number): string {
  const info = new ByteWriter().bytes(bytes('forge/v1/commit')).u8(kind).u32(id).u8(suite).finish()
  return Buffer.from(hkdf(sha256, key, new Uint8Array(0), info, 32)).toString('base64')
}

function u32(value: number): Uint8Array {
  return new ByteWriter().u32(value).finish()
}

function b64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}
