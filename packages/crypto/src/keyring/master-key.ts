import { ForgeError } from '@forgeone/common'
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { deriveKey } from '../hash/hkdf.ts'
import { fromBase64 } from '../kdf/strict-base64.ts'
import { encodeKeyring, keyringBody, readMembers, type ParsedKeyring } from './keyring-text.ts'
import type { KeyringDocument } from './keyring-document.ts'
import { labelledMac } from './labelled-mac.ts'
import { WrappingKey } from '../sealing/wrapping.ts'

/** What follows from the master key: wrapping of data keys, the keyring MAC, MACs of other files. */
export class MasterKey {
  readonly storeId: Uint8Array
  readonly wrapping: WrappingKey
  readonly id: number
  readonly #macKey: Uint8Array
  /** For wrapping into further slots. */
  #root: KeyObject | undefined

  /** @param o.root the master key, borrowed: the caller wipes it */
  constructor(o: { root: Uint8Array; id: number; storeId: Uint8Array }) {
    this.id = o.id
    this.storeId = Uint8Array.from(o.storeId)
    this.#root = createSecretKey(o.root)
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
    return labelledMac({ key: this.#macKey, storeId: this.storeId, label, bytes })
  }

  /**
   * Hands the master key to `use`, then wipes it.
   * @throws CRYPTO_LOCKED
   */
  async withRoot<T>(use: (root: Uint8Array) => T | Promise<T>): Promise<T> {
    this.#checkUnlocked()
    const root = new Uint8Array(this.#root!.export())
    try {
      return await use(root)
    } finally {
      root.fill(0)
    }
  }

  lock(): void {
    this.#root = undefined
    this.#macKey.fill(0)
  }

  #mac(body: Uint8Array): Uint8Array {
    // A MAC under a wiped key would look like a damaged keyring to the next open.
    this.#checkUnlocked()
    return new Uint8Array(createHmac('sha256', this.#macKey).update(body).digest())
  }

  #checkUnlocked(): void {
    if (this.#root === undefined) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
  }
}
