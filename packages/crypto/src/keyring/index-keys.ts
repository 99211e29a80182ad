import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { ForgeError, utf8Encode } from '@forgeone/common'
import { deriveKey } from '../hash/hkdf.ts'
import { labelledMac } from './labelled-mac.ts'

const PURPOSES = [
  'blind',
  'topic',
  'chunk-id',
  'entry-salt',
  'resource',
  'audit-index',
  'shred-row',
  'ipc',
] as const

/** What a keyed hash is for; no key serves two purposes. */
export type IndexPurpose = (typeof PURPOSES)[number]

/** Keyed hashes that must stay the same for the life of a store, whatever happens to its data keys. */
export class IndexKeys {
  readonly #keys = new Map<IndexPurpose, KeyObject>()
  readonly #storeId: Uint8Array
  #fileMacKey: KeyObject | undefined

  /** @param o.root the index key, borrowed: the caller wipes it */
  constructor({ root, storeId }: { root: Uint8Array; storeId: Uint8Array }) {
    this.#storeId = storeId
    const macKey = deriveKey({ key: root, storeId, purpose: 'file-mac' })
    this.#fileMacKey = createSecretKey(macKey)
    macKey.fill(0)
    for (const purpose of PURPOSES) {
      const key = deriveKey({ key: root, storeId, purpose })
      this.#keys.set(purpose, createSecretKey(key))
      key.fill(0)
    }
  }

  /** @throws CRYPTO_LOCKED */
  hash(purpose: IndexPurpose, value: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac('sha256', this.#keyOf(purpose)).update(value).digest())
  }

  /** The key of one label of a purpose, 32 bytes, which the caller wipes. @throws CRYPTO_LOCKED */
  subkey(purpose: IndexPurpose, label: string): Uint8Array {
    const key = new Uint8Array(this.#keyOf(purpose).export())
    try {
      return deriveKey({ key, storeId: this.#storeId, purpose, context: [utf8Encode(label)] })
    } finally {
      key.fill(0)
    }
  }

  /** HMAC-SHA256 of a file that is read before unlocking. @throws CRYPTO_LOCKED */
  fileMac(label: string, bytes: Uint8Array): Uint8Array {
    if (this.#fileMacKey === undefined) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
    const key = new Uint8Array(this.#fileMacKey.export())
    try {
      return labelledMac({ key, storeId: this.#storeId, label, bytes })
    } finally {
      key.fill(0)
    }
  }

  #keyOf(purpose: IndexPurpose): KeyObject {
    const key = this.#keys.get(purpose)
    if (key === undefined) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
    return key
  }

  lock(): void {
    this.#fileMacKey = undefined
    this.#keys.clear()
  }
}
