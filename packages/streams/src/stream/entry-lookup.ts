import type { ClientIds } from '../append/client-ids.ts'
import { parseEntryId } from '../entry/entry-id.ts'
import type { BlockReader } from '../read/block-reader.ts'
import { RowIds } from '../read/row-ids.ts'
import type { FoundRow } from '../read/scan-request.ts'
import { whenThere, type Soon } from '../read/soon.ts'
import type { Shard } from '../shard/shard.ts'
import type { OfflineShard } from '../shard/topic-directory.ts'

/** A row with the id of its entry. */
export interface IdentifiedRow extends FoundRow {
  readonly id: string
}

/** Finds entries by their ids: those of the store say where they lie, those of callers have a row each. */
export class EntryLookup {
  readonly #shards: readonly (Shard | OfflineShard)[]
  readonly #reader: BlockReader
  readonly #clientIds: () => ClientIds
  readonly #ids = new RowIds()

  constructor(o: {
    readonly shards: readonly (Shard | OfflineShard)[]
    readonly reader: BlockReader
    readonly clientIds: () => ClientIds
  }) {
    this.#shards = o.shards
    this.#reader = o.reader
    this.#clientIds = o.clientIds
  }

  /** @returns undefined when no entry has the id @throws DATABASE_OFFLINE, STREAM_BLOCK_DAMAGED */
  find(id: string): Soon<IdentifiedRow | undefined> {
    return whenThere(this.findOwn(id), (own) => {
      if (own !== undefined) return own
      return whenThere(this.#clientIds().find(id), (place) => this.#findAt(place, id))
    })
  }

  /** Only among the ids that the store gave out. */
  findOwn(id: string): Soon<IdentifiedRow | undefined> {
    return this.#findAt(parseEntryId(id), id)
  }

  /** The entry at a place, if it really has the id: an id that only looks like ours finds nothing. */
  #findAt(
    place: { readonly shard: number; readonly sequence: number } | undefined,
    id: string,
  ): Soon<IdentifiedRow | undefined> {
    const shard = place === undefined ? undefined : this.#shards[place.shard]
    if (place === undefined || shard === undefined) return undefined
    if ('reason' in shard) throw shard.reason
    return whenThere(this.#reader.readAt(shard, place.sequence), (block) => {
      if (block === undefined) return undefined
      const row = place.sequence - block.firstSequence
      const topic = shard.topics.get(block.topicIdOf(row))
      if (topic === undefined || block.isRemoved(row)) return undefined
      return this.#ids.of({ block, row, shard }) === id
        ? { block, row, shard, topic: topic.name, id }
        : undefined
    })
  }
}
