import { ByteReader, ByteWriter, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { hashedKey, KEYSPACE_IMPORT } from '../shard/keys.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'

/** The part of a stream that the progress is kept with. */
export interface SourceProgressHost {
  readonly store: Store
  readonly topicDirectory: TopicDirectory
}

/**
 * How far a source was read. A row per commit under a growing number, the one before deleted with it: a key that is
 * overwritten at a rate can be read stale from LevelDB (hazard H12).
 */
export class SourceProgress {
  readonly #core: SourceProgressHost
  readonly #topic: string
  readonly #hash: Uint8Array
  #number = 0

  constructor(
    core: SourceProgressHost,
    { topic, source }: { readonly topic: string; readonly source: string },
  ) {
    this.#core = core
    this.#topic = topic
    this.#hash = core.store.keyedHash({
      purpose: 'blind',
      label: 'import',
      value: utf8Encode(`${topic}\0${source}`),
    })
  }

  async read(): Promise<number> {
    const from = this.#key(0)
    const to = hashedKey(KEYSPACE_IMPORT, this.#hash, new Uint8Array(9).fill(0xff))
    for await (const [row] of this.#core.store.scan(
      this.#database(),
      { from, to },
      { reverse: true, limit: 1 },
    )) {
      if (row === undefined) break
      const value = new ByteReader(row.value, { code: 'STREAM_BLOCK_DAMAGED', what: 'an import row' })
      if (value.u8() !== 1) throw value.failure('an unknown version')
      this.#number = value.u64()
      return value.u64()
    }
    return 0
  }

  advance(offset: number): readonly Operation[] {
    const database = this.#database()
    const before = this.#number++
    const put: Operation = {
      type: 'put',
      database,
      key: this.#key(this.#number),
      value: new ByteWriter(17).u8(1).u64(this.#number).u64(offset).finish(),
    }
    return before === 0 ? [put] : [{ type: 'delete', database, key: this.#key(before) }, put]
  }

  #database(): string {
    return this.#core.topicDirectory.shardOf(this.#topic).database
  }

  #key(number: number): Uint8Array {
    return hashedKey(KEYSPACE_IMPORT, this.#hash, new ByteWriter(8).u64(number).finish())
  }
}
