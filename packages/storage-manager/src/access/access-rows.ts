import { canonicalJson, toHex, utf8Encode, type JsonObject } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { encodeAccessRow, type AccessRowKind, type AccessRowOf } from './access-row-codec.ts'

/** First byte of the keys: grants, roles and tokens. */
export const ACCESS_KEYSPACE = 0x14
/** Who acts where nobody is named. No principal can bear this name. */
export const OWNER = '<owner>'
const OWNER_ACTOR = 'owner'

/** A row as it is stored; of which kind, the second byte of its key says. */
export interface AccessRow {
  readonly key: Uint8Array
  readonly kind: string
  readonly value: Uint8Array
}

/** Rows of access control in the store's own database, and the commits that change them. */
export class AccessRows {
  readonly #store: Store
  readonly #database: string

  constructor({ store, database }: { readonly store: Store; readonly database: string }) {
    this.#store = store
    this.#database = database
  }

  async *all(): AsyncGenerator<AccessRow> {
    const range = { from: Uint8Array.of(ACCESS_KEYSPACE), to: Uint8Array.of(ACCESS_KEYSPACE + 1) }
    for await (const page of this.#store.scan(this.#database, range)) {
      for (const { key, value } of page) yield { key, kind: String.fromCharCode(key[1] ?? 0), value }
    }
  }

  /** A keyed hash, so that no name stands in the audit log. */
  pseudonym(principal: string): string {
    return `p_${toHex(this.#store.keyedHash({ purpose: 'resource', label: 'principal', value: utf8Encode(principal) })).slice(0, 24)}`
  }

  async commit(o: {
    readonly by: string
    readonly action: string
    readonly facts: JsonObject
    readonly operations: readonly Operation[]
  }): Promise<void> {
    const actor = o.by === OWNER ? OWNER_ACTOR : this.pseudonym(o.by)
    const context = canonicalJson(o.facts, { code: 'INTERNAL', what: 'the facts of a change of rights' })
    const facts = { actor, action: o.action, resourceClass: 'access', context }
    await this.#store.commit(() => ({ facts, operations: o.operations }))
  }

  put<Kind extends AccessRowKind>(kind: Kind, id: string, value: AccessRowOf[Kind]): Operation {
    return {
      type: 'put',
      database: this.#database,
      key: this.#key(kind, id),
      value: encodeAccessRow(kind, value),
    }
  }

  delete(kind: AccessRowKind, id: string): Operation {
    return { type: 'delete', database: this.#database, key: this.#key(kind, id) }
  }

  /** Keyspace, kind, and a keyed hash: no name stands on disk in clear. */
  #key(kind: AccessRowKind, id: string): Uint8Array {
    const hash = this.#store.keyedHash({ purpose: 'blind', label: `access ${kind}`, value: utf8Encode(id) })
    return Uint8Array.from([ACCESS_KEYSPACE, kind.charCodeAt(0), ...hash])
  }
}
