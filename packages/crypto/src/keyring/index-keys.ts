import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { ForgeError } from '@forgeone/common'
import { deriveKey } from '../hash/hkdf.ts'

const PURPOSES = ['blind', 'topic', 'chunk-id', 'entry-salt', 'resource'] as const

/** What a keyed hash is for; no key serves two purposes. */
export type IndexPurpose = (typeof PURPOSES)[number]

/** Keyed hashes that must stay the same for the life of a store, whatever happens to its data keys. */
export class IndexKeys {
  readonly #keys = new Map<IndexPurpose, KeyObject>()

  /** @param o.root the index key, borrowed: the caller wipes it */
  constructor({ root, storeId }: { root: Uint8Array; storeId: Uint8Array }) {
    for (const purpose of PURPOSES) {
      const key = deriveKey({ key: root, storeId, purpose })
      this.#keys.set(purpose, createSecretKey(key))
      key.fill(0)
    }
  }

  /** @throws CRYPTO_LOCKED */
  hash(purpose: IndexPurpose, value: Uint8Array): Uint8Array {
    const key = this.#keys.get(purpose)
    if (key === undefined) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
    return new Uint8Array(createHmac('sha256', key).update(value).digest())
  }

  lock(): void {
    this.#keys.clear()
  }
}
