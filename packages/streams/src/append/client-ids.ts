import { assert, ByteReader, ByteWriter, ForgeError, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import type { EntryRow } from '../entry/validate.ts'
import { isLater, whenThere, type Soon } from '../read/soon.ts'
import { hashedKey, KEYSPACE_CLIENT_ID } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import type { ReceiptPart } from './receipt.ts'

/** Where an entry with an id of its caller lies. */
export interface ClientIdPlace {
  readonly shard: number
  readonly sequence: number
}

/** What was read of ids before their append is planned, where the store cannot be asked within the plan. */
export interface IdLook {
  /** Ids that are stored; those that were stored since the look began are added. */
  readonly taken: Set<string>
  /** Why they could not be read: refuses the append. */
  failure: { readonly cause: unknown } | undefined
  /** Never rejects. */
  readonly read: Promise<void>
}

/** Ids that callers chose: unique in the stream, one row each, in the shard of the id's own hash. */
export class ClientIds {
  readonly #store: Store
  readonly #topics: () => TopicDirectory
  readonly #isOwnId: (id: string) => Soon<boolean>
  readonly #inFlight = new Set<string>()
  /** Of appends that are not planned yet. */
  readonly #looks = new Set<IdLook>()

  /** @param o.isOwnId whether the store itself gave an entry this id */
  constructor(o: { store: Store; topics: () => TopicDirectory; isOwnId: (id: string) => Soon<boolean> }) {
    this.#store = o.store
    this.#topics = o.topics
    this.#isOwnId = o.isOwnId
  }

  /** Reads what `assertFree` must know; undefined where it can ask itself. To be ended with `endLook`. */
  lookUp(rows: readonly EntryRow[]): IdLook | undefined {
    if (this.#store.synchronousReads !== undefined) return undefined
    const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]))
    if (ids.length === 0) return undefined
    const taken = new Set<string>()
    const look: IdLook = {
      taken,
      failure: undefined,
      read: this.#readTaken(ids, taken).catch((cause: unknown) => void (look.failure = { cause })),
    }
    this.#looks.add(look)
    return look
  }

  endLook(look: IdLook): void {
    this.#looks.delete(look)
  }

  /** @throws STREAM_ID_EXISTS when an id is stored, being written, or given twice */
  assertFree(rows: readonly EntryRow[], look: IdLook | undefined): void {
    if (look?.failure !== undefined) throw look.failure.cause
    const seen = new Set<string>()
    for (const { id } of rows) {
      if (id === undefined) continue
      if (seen.has(id) || this.#inFlight.has(id) || this.#isStored(id, look)) {
        throw new ForgeError('STREAM_ID_EXISTS', 'an entry with this id is already stored', {
          details: { id },
        })
      }
      seen.add(id)
    }
  }

  reserve(rows: readonly EntryRow[]): void {
    for (const { id } of rows) if (id !== undefined) this.#inFlight.add(id)
  }

  release(rows: readonly EntryRow[]): void {
    for (const { id } of rows) if (id !== undefined) this.#inFlight.delete(id)
  }

  /** They are stored from now on: looks that began before may have missed it. */
  publish(rows: readonly EntryRow[]): void {
    for (const { id } of rows) if (id !== undefined) for (const { taken } of this.#looks) taken.add(id)
    this.release(rows)
  }

  operations(
    rows: readonly EntryRow[],
    parts: readonly ReceiptPart[],
    topics: TopicDirectory,
  ): readonly Operation[] {
    const operations: Operation[] = []
    if (!rows.some((row) => row.id !== undefined)) return operations
    const places = parts.flatMap(({ shard, sequence, count }) =>
      Array.from({ length: count }, (_, offset) => ({ shard, sequence: sequence + offset })),
    )
    for (const [index, { id }] of rows.entries()) {
      if (id === undefined) continue
      const { shard, sequence } = places[index]!
      const value = new ByteWriter(16).u8(1).u8(shard).u64(sequence).finish()
      operations.push({
        type: 'put',
        database: this.#shardOf(id, topics).database,
        key: this.#key(id),
        value,
      })
    }
    return operations
  }

  /** Frees the ids of entries that are removed. */
  deleteOperations(ids: readonly string[]): readonly Operation[] {
    return ids.map((id) => ({
      type: 'delete',
      database: this.#shardOf(id, this.#topics()).database,
      key: this.#key(id),
    }))
  }

  find(id: string): Soon<ClientIdPlace | undefined> {
    const { database } = this.#shardOf(id, this.#topics())
    const reads = this.#store.synchronousReads
    return whenThere(
      reads === undefined ? this.#store.get(database, this.#key(id)) : reads.getSync(database, this.#key(id)),
      placeOf,
    )
  }

  #isStored(id: string, look: IdLook | undefined): boolean {
    if (look !== undefined) return look.taken.has(id)
    const stored = whenThere(this.find(id), (place) => place !== undefined || this.#isOwnId(id))
    assert(!isLater(stored), 'what comes later was looked up before')
    return stored
  }

  async #readTaken(ids: readonly string[], taken: Set<string>): Promise<void> {
    const byDatabase = Map.groupBy(ids, (id) => this.#shardOf(id, this.#topics()).database)
    for (const [database, here] of byDatabase) {
      const values = await this.#store.getMany(
        database,
        here.map((id) => this.#key(id)),
      )
      for (const [index, id] of here.entries()) if (values[index] !== undefined) taken.add(id)
    }
    for (const id of ids) if (await this.#isOwnId(id)) taken.add(id)
  }

  #key(id: string): Uint8Array {
    return hashedKey(
      KEYSPACE_CLIENT_ID,
      this.#store.keyedHash({ purpose: 'blind', label: 'client id', value: utf8Encode(id) }),
    )
  }

  #shardOf(id: string, topics: TopicDirectory): Shard {
    return topics.shardOf(id)
  }
}

function placeOf(value: Uint8Array | undefined): ClientIdPlace | undefined {
  if (value === undefined) return undefined
  const from = new ByteReader(value, { code: 'STREAM_BLOCK_DAMAGED', what: 'a client id row' })
  if (from.u8() !== 1) throw from.failure('an unknown version')
  const place = { shard: from.u8(), sequence: from.u64() }
  from.end()
  return place
}
