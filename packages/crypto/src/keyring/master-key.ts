import { ForgeError, utf8Encode } from '@forgeone/common'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveKey } from '../hash/hkdf.ts'
import { fromBase64 } from '../kdf/strict-base64.ts'
import { encodeKeyring, keyringBody, readMembers, type ParsedKeyring } from './keyring-text.ts'
import type { KeyringDocument } from './keyring-document.ts'
import { WrappingKey } from './wrapping.ts'

/** What follows from the master key: wrapping of data keys, the keyring MAC, MACs of other files. */
export class MasterKey {
  readonly storeId: Uint8Array
  readonly wrapping: WrappingKey
  readonly #macKey: Uint8Array
  #locked = false

  /** @param o.root the master key, borrowed: the caller wipes it */
  constructor(o: { root: Uint8Array; id: number; storeId: Uint8Array }) {
    this.storeId = Uint8Array.from(o.storeId)
    this.wrapping = new WrappingKey({ root: o.root, storeId: o.storeId, kind: 'data', id: o.id })
    this.#macKey = deriveKey({ key: o.root, storeId: o.storeId, purpose: 'keyring-mac' })
  }

  /**
   * The file of a document.
   * @throws CRYPTO_LOCKED
   */
  encode(document: KeyringDocument): Uint8Array {
    return encodeKeyring({ document, mac: this.#mac(keyringBody(document)) })
  }

  /** True when the parsed keyring was written under this master key. */
  isAuthentic({ document, mac }: ParsedKeyring): boolean {
    return timingSafeEqual(mac, this.#mac(keyringBody(document)))
  }

  /** The same for bytes of any version: every version keeps the rule of the MAC. */
  isAuthenticFile(bytes: Uint8Array): boolean {
    const members = readMembers(bytes)
    if (members === undefined) return false
    const { mac, ...body } = members
    const given = typeof mac === 'string' ? fromBase64(mac) : undefined
    const expected = this.#mac(keyringBody(body))
    return given?.length === expected.length && timingSafeEqual(given, expected)
  }

  /** @throws CRYPTO_LOCKED */
  fileMac(label: string, bytes: Uint8Array): Uint8Array {
    this.#checkUnlocked()
    const context = [utf8Encode(label)]
    const key = deriveKey({ key: this.#macKey, storeId: this.storeId, purpose: 'file-mac', context })
    try {
      return new Uint8Array(createHmac('sha256', key).update(bytes).digest())
    } finally {
      key.fill(0)
    }
  }

  lock(): void {
    this.#locked = true
    this.#macKey.fill(0)
  }

  #mac(body: Uint8Array): Uint8Array {
    // A MAC under a wiped key would look like a damaged keyring to the next open.
    this.#checkUnlocked()
    return new Uint8Array(createHmac('sha256', this.#macKey).update(body).digest())
  }

  #checkUnlocked(): void {
    if (this.#locked) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
  }
}
