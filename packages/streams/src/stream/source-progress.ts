import { ByteReader, ByteWriter, utf8Encode } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { HEAD_BYTES, type KnownSource } from '../import/known-source.ts'
import { DIGEST_BYTES, type PrefixDigest } from '../import/prefix-digest.ts'
import { hashedKey, KEYSPACE_IMPORT } from '../shard/keys.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'

/** Sources that are remembered under one name; the one that grew least lately goes first, and is taken for new when it is read again. */
const SOURCES_MAX = 10_000
const VERSION = 1

/** The part of a stream that the progress is kept with. */
export interface SourceProgressHost {
  readonly store: Store
  readonly topicDirectory: TopicDirectory
}

/** One of the sources of a name, as its row has it. */
export interface StoredSource extends KnownSource {
  /** The commit that took it so far: rows of one name have different ones. */
  readonly number: number
}

/**
 * How far the sources of a name were read, each told from the others by its content. A row per source and commit under a growing
 * number, the one before deleted with it: a key that is overwritten at a rate can be read stale from LevelDB (hazard H12).
 */
export class SourceProgress {
  readonly #core: SourceProgressHost
  readonly #topic: string
  readonly #hash: Uint8Array
  readonly #digest: PrefixDigest
  readonly #read: Set<number>
  /** Rows that the next advance takes away: that of the source itself, and those that are too many. */
  #stale: readonly number[] = []
  #headDigest: Uint8Array | undefined
  #written: number | undefined

  constructor(
    core: SourceProgressHost,
    o: {
      readonly topic: string
      readonly source: string
      readonly digest: PrefixDigest
      /** Numbers of the sources that were read in the same run. */
      readonly read: Set<number>
    },
  ) {
    this.#core = core
    this.#topic = o.topic
    this.#digest = o.digest
    this.#read = o.read
    this.#hash = core.store.keyedHash({
      purpose: 'blind',
      label: 'import',
      value: utf8Encode(`${o.topic}\0${o.source}`),
    })
  }

  /** Those that were not read in this run, the newest first. */
  async known(): Promise<readonly StoredSource[]> {
    const range = {
      from: this.#key(0),
      to: hashedKey(KEYSPACE_IMPORT, this.#hash, new Uint8Array(9).fill(0xff)),
    }
    const known: StoredSource[] = []
    for await (const page of this.#core.store.scan(this.#database(), range, { reverse: true }))
      known.push(...page.map(({ value }) => decodeSource(value)))
    this.#stale = known.slice(SOURCES_MAX).map(({ number }) => number)
    return known.slice(0, SOURCES_MAX).filter(({ number }) => !this.#read.has(number))
  }

  /** Goes on with a source, whose row gives way to the next. */
  goOn({ number, offset, headDigest }: StoredSource): void {
    this.#stale = [...this.#stale, number]
    this.#read.add(number)
    if (offset >= HEAD_BYTES) this.#headDigest = headDigest
  }

  /** Everything up to the offset is in the commit of this number. */
  advance(offset: number, number: number): readonly Operation[] {
    const headDigest = this.#headDigest ?? this.#digest.at(Math.min(offset, HEAD_BYTES))
    // A head that is not whole grows.
    if (offset >= HEAD_BYTES) this.#headDigest = headDigest
    const digest = this.#digest.at(offset)
    const database = this.#database()
    const value = new ByteWriter(17 + 2 * DIGEST_BYTES)
      .u8(VERSION)
      .u64(number)
      .u64(offset)
      .bytes(digest)
      .bytes(headDigest)
      .finish()
    const deleted = this.#stale.map((each): Operation => ({ type: 'delete', database, key: this.#key(each) }))
    this.#written = number
    return [...deleted, { type: 'put', database, key: this.#key(number), value }]
  }

  /** What the last advance said is durable: a commit that was built may be refused and built anew. */
  confirm(): void {
    if (this.#written === undefined) return
    for (const each of this.#stale) this.#read.delete(each)
    this.#stale = [this.#written]
    this.#read.add(this.#written)
  }

  #database(): string {
    return this.#core.topicDirectory.shardOf(this.#topic).database
  }

  #key(number: number): Uint8Array {
    return hashedKey(KEYSPACE_IMPORT, this.#hash, new ByteWriter(8).u64(number).finish())
  }
}

function decodeSource(bytes: Uint8Array): StoredSource {
  const value = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'an import row' })
  if (value.u8() !== VERSION) throw value.failure('an unknown version')
  const number = value.u64()
  const offset = value.u64()
  const digest = value.bytes(DIGEST_BYTES)
  const headDigest = value.bytes(DIGEST_BYTES)
  value.end()
  return { number, offset, digest, headDigest }
}
