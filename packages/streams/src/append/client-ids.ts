import { ByteReader, ByteWriter, ForgeError, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import type { EntryRow } from '../entry/validate.ts'
import { hashedKey, KEYSPACE_CLIENT_ID } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import type { ReceiptPart } from './receipt.ts'

/** Where an entry with an id of its caller lies. */
export interface ClientIdPlace {
  readonly shard: number
  readonly sequence: number
}

/** Ids that callers chose: unique in the stream, one row each, in the shard of the id's own hash. */
export class ClientIds {
  readonly #store: Store
  readonly #topics: () => TopicDirectory
  readonly #isOwnId: (id: string) => boolean
  readonly #inFlight = new Set<string>()

  /** @param o.isOwnId whether the store itself gave an entry this id */
  constructor(o: { store: Store; topics: () => TopicDirectory; isOwnId: (id: string) => boolean }) {
    this.#store = o.store
    this.#topics = o.topics
    this.#isOwnId = o.isOwnId
  }

  /** @throws STREAM_ID_EXISTS when an id is stored, being written, or given twice */
  assertFree(rows: readonly EntryRow[]): void {
    const seen = new Set<string>()
    for (const { id } of rows) {
      if (id === undefined) continue
      if (seen.has(id) || this.#inFlight.has(id) || this.find(id) !== undefined || this.#isOwnId(id)) {
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

  find(id: string): ClientIdPlace | undefined {
    const value = this.#store.getSync(this.#shardOf(id, this.#topics()).database, this.#key(id))
    if (value === undefined) return undefined
    const from = new ByteReader(value, { code: 'STREAM_BLOCK_DAMAGED', what: 'a client id row' })
    if (from.u8() !== 1) throw from.failure('an unknown version')
    const place = { shard: from.u8(), sequence: from.u64() }
    from.end()
    return place
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
