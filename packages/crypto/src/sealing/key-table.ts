import { ForgeError } from '@forgeone/common'
import type { Suite, SuiteKey } from '../suite/suite.ts'
import type { SealBudget } from './seal-budget.ts'

/** A data key ready for use. Holds no bytes that a log could print. */
export interface SealingKey {
  readonly id: number
  readonly scope: string
  readonly primary: boolean
  readonly suite: Suite
  readonly cipher: SuiteKey
  /** Absent for suites that need no counting. */
  readonly budget: SealBudget | undefined
}

/** The keys of an unlocked keyring by id and scope. Sealers look here at every call, so locking reaches all of them. */
export class KeyTable {
  readonly #byId = new Map<number, SealingKey>()
  readonly #primary = new Map<string, SealingKey>()
  readonly #destroyed = new Set<number>()
  #replaceSpent: ((scope: string) => void) | undefined
  #locked = false

  add(key: SealingKey): void {
    this.#byId.set(key.id, key)
    if (key.primary) this.#primary.set(key.scope, key)
  }

  /** Whether a key is the one that seals for its scope; one that waits is in the table too. */
  isPrimary({ id, scope }: Pick<SealingKey, 'id' | 'scope'>): boolean {
    return this.#primary.get(scope)?.id === id
  }

  /** How a scope gets its next primary key when the present one has made all its seals. */
  onSpent(replace: (scope: string) => void): void {
    this.#replaceSpent = replace
  }

  /** Wipes and forgets one key; its values are gone, and say so. */
  destroy(id: number): void {
    this.#byId.get(id)?.cipher.wipe()
    this.#byId.delete(id)
    this.#destroyed.add(id)
  }

  /** @throws CRYPTO_LOCKED after {@link lock} */
  checkUnlocked(): void {
    if (this.#locked) throw new ForgeError('CRYPTO_LOCKED', 'the keyring was locked')
  }

  /** @throws CRYPTO_LOCKED, CRYPTO_KEY_UNKNOWN when the scope has no key, CRYPTO_KEY_EXHAUSTED, IO_FAILED */
  primary(scope: string): SealingKey {
    const key = this.#primary.get(scope)
    if (key?.budget?.spent) this.#replaceSpent?.(scope)
    else if (key !== undefined) return key
    const next = this.#primary.get(scope)
    if (next !== undefined) return next
    this.checkUnlocked()
    throw new ForgeError('CRYPTO_KEY_UNKNOWN', `the keyring has no key to seal for ${scope}`, {
      details: { scope },
    })
  }

  /** @throws CRYPTO_LOCKED, CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_DESTROYED */
  find(id: number): SealingKey {
    const key = this.#byId.get(id)
    if (key !== undefined) return key
    this.checkUnlocked()
    if (this.#destroyed.has(id)) {
      throw new ForgeError('CRYPTO_KEY_DESTROYED', `key ${id} was destroyed`, { details: { keyId: id } })
    }
    throw new ForgeError('CRYPTO_KEY_UNKNOWN', `the keyring has no key ${id}`, { details: { keyId: id } })
  }

  /** Budgets by key id, for writing the keyring. */
  budgets(): Map<number, SealBudget> {
    const budgets = new Map<number, SealBudget>()
    for (const { id, budget } of this.#byId.values()) if (budget !== undefined) budgets.set(id, budget)
    return budgets
  }

  /** Wipes and forgets every key. */
  lock(): void {
    this.#locked = true
    for (const key of this.#byId.values()) key.cipher.wipe()
    this.#byId.clear()
    this.#primary.clear()
  }
}
