import { ByteReader, ByteWriter, isForgeError, utf8Encode, type ForgeError } from '@forgeone/common'
import type { ShredKeys } from '@forgeone/crypto'
import type { ManagedStore, Operation, VerifyProblem } from '@forgeone/engine'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'

/** Where the newest generation of the shred keys that a commit told of is kept: version u8 | generation u64. */
const GENERATION_KEY = utf8Encode('\u0013shred-keys')
const GENERATION_VERSION = 1
const WHERE = 'keys'

/**
 * The shred keys of a store, and what its commits have told of them. `keys/` lies outside of the journal, so commits say
 * how far it has come: one that is older, or not what was written, is noticed.
 */
export class ToldShredKeys {
  readonly #store: ManagedStore
  #checked: ShredKeys | undefined

  constructor(store: ManagedStore) {
    this.#store = store
  }

  /** @throws DATABASE_DAMAGED, KEYRING_DAMAGED, IO_FAILED */
  async get(): Promise<ShredKeys> {
    const keys = await this.#store.shredKeys()
    if (this.#checked === keys) return keys
    keys.requireGeneration(await this.#told())
    this.#checked = keys
    if (keys.fault !== undefined) this.#store.reportProblem(keys.fault, WHERE)
    return keys
  }

  /** Looks at the rows when the store is opened; what is found shows in its health and stands in the way of nothing else. */
  async look(): Promise<void> {
    // A store that never made a shred key has no rows to look at.
    if (!this.#store.keys.keyring.hasShredKeys) return
    try {
      await this.get()
    } catch (error) {
      if (!isForgeError(error)) throw error
      this.#store.reportProblem(error, WHERE)
    }
  }

  /**
   * Goes on with the rows as they are, although something speaks against them.
   * @returns whether anything did
   */
  async accept(): Promise<boolean> {
    if (!this.#store.keys.keyring.hasShredKeys) return false
    const keys = await this.get()
    if (keys.fault === undefined) return false
    await keys.accept(await this.#told())
    this.#store.reportProblem(undefined, WHERE)
    return true
  }

  /** What a verification finds in the rows. */
  async problem(): Promise<VerifyProblem | undefined> {
    if (!this.#store.keys.keyring.hasShredKeys) return undefined
    try {
      const fault = await (await this.get()).check()
      return fault && problemOf(fault)
    } catch (error) {
      if (!isForgeError(error)) throw error
      return problemOf(error)
    }
  }

  /** Rows for a commit that keys were changed for: older ones are noticed from then on. */
  alongside(): readonly Operation[] {
    const generation = this.#checked?.generation ?? 0
    if (generation === 0 || this.#checked?.fault !== undefined) return []
    const value = new ByteWriter().u8(GENERATION_VERSION).u64(generation).finish()
    return [{ type: 'put', database: SYSTEM_DATABASE, key: GENERATION_KEY, value }]
  }

  async #told(): Promise<number> {
    // Without the database that knows, nobody can say that the keys are older; that it is set aside shows elsewhere.
    if (!this.#store.isOnline(SYSTEM_DATABASE)) return 0
    const bytes = await this.#store.get(SYSTEM_DATABASE, GENERATION_KEY).catch((error: unknown) => {
      if (!isForgeError(error, 'RECORD_TAMPERED')) throw error
      // It shows in the health, and the keys are judged by their own ledger.
      this.#store.reportProblem(error, SYSTEM_DATABASE)
      return undefined
    })
    if (bytes === undefined) return 0
    const reader = new ByteReader(bytes, {
      code: 'RECORD_TAMPERED',
      what: 'the generation of the shred keys',
    })
    const version = reader.u8()
    if (version !== GENERATION_VERSION) throw reader.failure(`the unknown version ${version}`)
    const generation = reader.u64()
    reader.end()
    return generation
  }
}

function problemOf({ code, message }: ForgeError): VerifyProblem {
  return { code, where: WHERE, message }
}
