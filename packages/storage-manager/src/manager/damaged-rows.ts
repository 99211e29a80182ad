import { canonicalJson, ForgeError, fromHex, isForgeError, toHex, type ErrorCode } from '@forgeone/common'
import type { ManagedStore, Row, VerifyProblem } from '@forgeone/engine'
import type { RowCheck } from '../layout/store-plan.ts'

/** A row that does not parse, and was set aside: the others serve. */
export interface DamagedRow {
  /** Names it: its database, and its key in hexadecimal. */
  readonly id: string
  readonly code: ErrorCode
  readonly message: string
}

const CODES: readonly ErrorCode[] = ['RECORD_TAMPERED', 'STORE_DAMAGED']

/** The name of a row in health, reports and calls. */
export function rowId(database: string, key: Uint8Array): string {
  return `${database}/${toHex(key)}`
}

/** Rows that do not parse, of the databases whose rows can be set aside one by one; each is named, and may be removed. */
export class DamagedRows {
  readonly #store: ManagedStore
  readonly #checks: ReadonlyMap<string, RowCheck>
  /** Lets what holds rows in memory look at them again. */
  readonly #onRemoved: (row: { readonly database: string; readonly key: Uint8Array }) => void

  constructor(o: {
    readonly store: ManagedStore
    /** By database. */
    readonly checks: ReadonlyMap<string, RowCheck>
    readonly onRemoved: (row: { readonly database: string; readonly key: Uint8Array }) => void
  }) {
    this.#store = o.store
    this.#checks = o.checks
    this.#onRemoved = o.onRemoved
  }

  /** Databases that are set aside whole are passed over: nothing is known of their rows. */
  async list(): Promise<readonly DamagedRow[]> {
    const found: DamagedRow[] = []
    for (const [database, check] of this.#checks) {
      if (!this.#store.isOnline(database)) continue
      for await (const page of this.#store.scan(database, {})) {
        for (const row of page) {
          const fault = faultOf(check, row)
          if (fault === undefined) continue
          found.push({ id: rowId(database, row.key), code: fault.code, message: fault.message })
        }
      }
    }
    return found
  }

  /** Rows that are not authentic are named by the engine, database and keyspace. */
  async problems(): Promise<readonly VerifyProblem[]> {
    try {
      return (await this.list()).map(({ id, code, message }) => ({ code, where: id, message }))
    } catch (error) {
      if (isForgeError(error)) return []
      throw error
    }
  }

  /** @returns false when no row of this name is damaged @throws DATABASE_OFFLINE */
  async remove(id: string): Promise<boolean> {
    const [database, digits] = typeof id === 'string' && id.length < 1024 ? id.split('/') : []
    const key = digits === undefined ? undefined : fromHex(digits)
    if (database === undefined || key === undefined || key.length === 0) return false
    const check = this.#checks.get(database)
    if (check === undefined) return false
    const value = await this.#store.get(database, key)
    if (value === undefined || faultOf(check, { key, value }) === undefined) return false
    const context = canonicalJson({ database }, { code: 'INTERNAL', what: 'the facts of a removal' })
    const facts = { actor: 'app', action: 'store.row-removed', resourceClass: 'store', context }
    await this.#store.commit(() => ({ facts, operations: [{ type: 'delete', database, key }] }), {
      privileged: true,
    })
    this.#store.reportProblem(undefined, id)
    this.#onRemoved({ database, key })
    return true
  }
}

function faultOf(check: RowCheck, row: Row): ForgeError | undefined {
  try {
    check(row)
    return undefined
  } catch (error) {
    if (isForgeError(error, ...CODES)) return error
    throw error
  }
}
