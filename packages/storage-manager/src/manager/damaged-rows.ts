import { canonicalJson, ForgeError, fromHex, isForgeError, toHex, type ErrorCode } from '@forgeone/common'
import type { LocalStore, VerifyProblem } from '@forgeone/engine'
import { damagedVaultRow } from '@forgeone/vault'
import { decodeAccessRow, isAccessRowKind } from '../access/access-row-codec.ts'
import { ANCHOR_KEYSPACE, decodeAnchorRow } from '../audit/anchor-memory.ts'
import {
  CHECKPOINT_KEYSPACE,
  decodeCheckpoint,
  decodeRetired,
  RETIRED_KEYSPACE,
} from '../checkpoint/checkpoint-register.ts'
import { decodeSetting } from '../settings/setting-row.ts'
import { decodeSample, METRICS_KEYSPACE } from '../statistics/metrics-history.ts'
import { decodeDone, decodePending } from '../subjects/erasure-row.ts'
import { SYSTEM_DATABASE, VAULT_DATABASE } from './database-names.ts'
import { ACCESS_KEYSPACE, FLAGS_KEYSPACE, SETTINGS_KEYSPACE } from './system-keyspaces.ts'

/** A row that does not parse, and was set aside: the others serve. */
export interface DamagedRow {
  /** Names it: its database, and its key in hexadecimal. */
  readonly id: string
  readonly code: ErrorCode
  readonly message: string
}

interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** How rows of `system` are read, by the first byte of their keys; of those that are not here there is one of each kind. */
const SYSTEM_ROWS: ReadonlyMap<number, (row: Row) => unknown> = new Map([
  [SETTINGS_KEYSPACE, ({ value }) => decodeSetting(value)],
  [FLAGS_KEYSPACE, ({ value }) => decodeSetting(value)],
  [ACCESS_KEYSPACE, checkAccessRow],
  [0x15, checkSubjectRow],
  [CHECKPOINT_KEYSPACE, decodeCheckpoint],
  [RETIRED_KEYSPACE, decodeRetired],
  [ANCHOR_KEYSPACE, decodeAnchorRow],
  [METRICS_KEYSPACE, ({ value }) => decodeSample(value)],
])

const CODES: readonly ErrorCode[] = ['RECORD_TAMPERED', 'STORE_DAMAGED']

/** The name of a row in health, reports and calls. */
export function rowId(database: string, key: Uint8Array): string {
  return `${database}/${toHex(key)}`
}

/** Rows of settings, rights, subjects, metrics and secrets that do not parse; each is named, and may be removed. */
export class DamagedRows {
  readonly #store: LocalStore
  /** Lets what holds rows in memory look at them again. */
  readonly #onRemoved: (row: { readonly database: string; readonly key: Uint8Array }) => void

  constructor(o: {
    readonly store: LocalStore
    readonly onRemoved: (row: { readonly database: string; readonly key: Uint8Array }) => void
  }) {
    this.#store = o.store
    this.#onRemoved = o.onRemoved
  }

  /** Databases that are set aside whole are passed over: nothing is known of their rows. */
  async list(): Promise<readonly DamagedRow[]> {
    const found: DamagedRow[] = []
    for (const database of [SYSTEM_DATABASE, VAULT_DATABASE]) {
      if (!this.#store.parts.online.has(database)) continue
      for await (const page of this.#store.scan(database, {})) {
        for (const row of page) {
          const fault = faultOf(database, row)
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
    if (database !== SYSTEM_DATABASE && database !== VAULT_DATABASE) return false
    const value = await this.#store.get(database, key)
    if (value === undefined || faultOf(database, { key, value }) === undefined) return false
    const context = canonicalJson({ database }, { code: 'INTERNAL', what: 'the facts of a removal' })
    const facts = { actor: 'app', action: 'store.row-removed', resourceClass: 'store', context }
    await this.#store.commit(() => ({ facts, operations: [{ type: 'delete', database, key }] }), {
      privileged: true,
    })
    this.#store.parts.health.withdraw(id)
    this.#onRemoved({ database, key })
    return true
  }
}

function faultOf(database: string, row: Row): ForgeError | undefined {
  if (database === VAULT_DATABASE) return damagedVaultRow(row)
  try {
    SYSTEM_ROWS.get(row.key[0] ?? 0)?.(row)
    return undefined
  } catch (error) {
    if (isForgeError(error, ...CODES)) return error
    throw error
  }
}

function checkAccessRow({ key, value }: Row): unknown {
  const kind = String.fromCharCode(key[1] ?? 0)
  if (isAccessRowKind(kind)) return decodeAccessRow(kind, value)
  throw new ForgeError('RECORD_TAMPERED', 'a row of access control is of no known kind')
}

/** The reason of a hold is text of any form. */
function checkSubjectRow({ key, value }: Row): unknown {
  const kind = String.fromCharCode(key[1] ?? 0)
  if (kind === 'e') return decodeDone(value)
  return kind === 'p' ? decodePending(value) : undefined
}
