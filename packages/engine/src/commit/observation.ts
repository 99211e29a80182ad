import {
  assert,
  ByteReader,
  ByteWriter,
  EMPTY_BYTES,
  ForgeError,
  type CommitObserver,
  type ObservedCommit,
  type ObserverRow,
  type ObserverStore,
  type SealedOperation,
} from '@forgeone/common'
import type { Database } from '../database/database.ts'
import type { ObserverState } from '../state/state-record.ts'
import { keyspaceRange } from '../state/state-root.ts'

/**
 * The store's own row in the observer's database: version u8 | count u8 | sizes u64…, the last two settled states.
 * No other key there may be the single byte 00.
 */
const SIZES_KEY = Uint8Array.of(0)
const SIZES_VERSION = 1
const SIZES_KEPT = 2

/** Commits that a store wrote before it had an observer are observed in portions of this many. */
const UNLOGGED_BATCH = 4096

/**
 * Hands every durable commit to the observer, once and in order, and seals the rows it gives back.
 *
 * A settled state is written with its size before a flush point is taken, so that one of the last two (the first one
 * is empty) is whole in synced tables and the journal holds every commit behind it. Which one: the older, as long as
 * the journal still has what follows it, since the flush that should have synced the newer may have been cut short.
 */
export class Observation {
  readonly #observer: CommitObserver
  readonly #database: Database
  readonly #store: ConnectedStore
  readonly #notesKeyspace: number | undefined
  /** Whether its database said that it was observed before. */
  readonly continued: boolean
  #size: number
  #sizes: readonly number[]

  private constructor(o: {
    observer: CommitObserver
    database: Database
    store: ConnectedStore
    size: number
    notesKeyspace: number | undefined
    continued: boolean
  }) {
    this.#observer = o.observer
    this.#database = o.database
    this.#store = o.store
    this.#notesKeyspace = o.notesKeyspace
    this.continued = o.continued
    this.#size = o.size
    // A newer state that was not chosen may lack rows: it is no fallback for the next one.
    this.#sizes = [o.size]
  }

  /** @param o.firstSequence the first commit that the journal still holds, or would hold next */
  static async begin(o: {
    readonly observer: CommitObserver
    readonly database: Database
    readonly firstSequence: number
    readonly notesKeyspace: number | undefined
    /** Makes what is written there durable in tables: LevelDB's log is not read again. */
    readonly flush: () => Promise<void>
  }): Promise<Observation> {
    const { observer, database, firstSequence } = o
    const sizes = decodeSizes(await database.get(SIZES_KEY))
    const size = sizes?.find((each) => each >= firstSequence) ?? 0
    if (sizes !== undefined && size < firstSequence) {
      const reason = `commits ${sizes.at(-1)} to ${firstSequence - 1} were never observed`
      throw new ForgeError('DATABASE_DAMAGED', `${database.name} is incomplete: ${reason}`)
    }
    const store = new ConnectedStore(o)
    await observer.load(store, size)
    const observation = new Observation({
      observer,
      database,
      store,
      size,
      notesKeyspace: o.notesKeyspace,
      continued: sizes !== undefined,
    })
    await observation.#observeUnlogged(firstSequence)
    return observation
  }

  get database(): Database {
    return this.#database
  }

  /** Commits observed so far; the next one has this sequence. */
  get size(): number {
    return this.#size
  }

  /** From now on the observer may ask for everything acknowledged to be observed. */
  connect(caughtUp: () => Promise<void>): void {
    this.#store.connect(caughtUp)
  }

  /** Commits below `size` were observed before and are passed over. */
  observe(commits: readonly ObservedCommit[]): readonly SealedOperation[] {
    const fresh = commits.filter((commit) => commit.sequence >= this.#size)
    if (fresh.length === 0) return []
    assert(fresh[0]!.sequence === this.#size, 'commits are observed without a gap')
    this.#size = fresh.at(-1)!.sequence + 1
    return this.#store.seal(this.#observer.observe(fresh))
  }

  settle(): readonly SealedOperation[] {
    const { size, rows } = this.#observer.settle()
    assert(size === this.#size, 'the settled state is that of all observed commits')
    this.#sizes = [...this.#sizes.filter((each) => each < size), size].slice(-SIZES_KEPT)
    return this.#store.seal([...rows, { key: SIZES_KEY, value: encodeSizes(this.#sizes) }])
  }

  /** What a description says of it. */
  async state(): Promise<ObserverState> {
    const { name } = this.#database
    return { database: name, size: this.#size, lastNote: await this.lastNote() }
  }

  /** The last key among its notes, empty when there is none. */
  async lastNote(): Promise<Uint8Array> {
    if (this.#notesKeyspace === undefined) return EMPTY_BYTES
    const range = keyspaceRange(this.#notesKeyspace)
    for await (const [row] of this.#database.sealedPages(range, { reverse: true, limit: 1 })) return row!.key
    return EMPTY_BYTES
  }

  /** Lets the observer write its last rows. */
  async close(): Promise<void> {
    await this.#observer.close()
  }

  /** Nothing is known of them but that they were: the journal has let them go. */
  async #observeUnlogged(firstSequence: number): Promise<void> {
    const facts = { actor: 'system', action: 'store.unlogged', resourceClass: 'store' }
    while (this.#size < firstSequence) {
      const count = Math.min(UNLOGGED_BATCH, firstSequence - this.#size)
      const commits = Array.from({ length: count }, (_, index) => {
        return { sequence: this.#size + index, time: 0, facts, operations: [], nonce: undefined }
      })
      await this.#database.apply(this.observe(commits))
    }
  }
}

/** The observer's database as the observer sees it. */
class ConnectedStore implements ObserverStore {
  readonly #database: Database
  readonly #notesKeyspace: number | undefined
  readonly #flush: () => Promise<void>
  #caughtUp: () => Promise<void> = () => Promise.resolve()

  constructor(o: { database: Database; notesKeyspace: number | undefined; flush: () => Promise<void> }) {
    this.#database = o.database
    this.#notesKeyspace = o.notesKeyspace
    this.#flush = o.flush
  }

  connect(caughtUp: () => Promise<void>): void {
    this.#caughtUp = caughtUp
  }

  seal(rows: readonly ObserverRow[]): readonly SealedOperation[] {
    const database = this.#database.name
    return rows.map(({ key, value }) =>
      value === undefined
        ? { type: 'delete', database, key }
        : { type: 'put', database, key, sealed: this.#database.seal(key, value) },
    )
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#database.get(key)
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#database.getMany(keys)
  }

  scan(
    range: { readonly from?: Uint8Array; readonly to?: Uint8Array },
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    return this.#database.pages(range, options)
  }

  async write(rows: readonly ObserverRow[]): Promise<void> {
    await this.#database.apply(this.seal(rows), { sync: true })
    const isNote = ({ key }: ObserverRow): boolean => key[0] === this.#notesKeyspace
    if (!rows.every(isNote)) await this.#flush()
  }

  caughtUp(): Promise<void> {
    return this.#caughtUp()
  }
}

function encodeSizes(sizes: readonly number[]): Uint8Array {
  const writer = new ByteWriter().u8(SIZES_VERSION).u8(sizes.length)
  for (const size of sizes) writer.u64(size)
  return writer.finish()
}

/** Ascending; undefined when no state was ever settled. @throws DATABASE_DAMAGED */
function decodeSizes(bytes: Uint8Array | undefined): readonly number[] | undefined {
  if (bytes === undefined) return undefined
  const reader = new ByteReader(bytes, { code: 'DATABASE_DAMAGED', what: 'the sizes of observed states' })
  const version = reader.u8()
  if (version !== SIZES_VERSION) throw reader.failure(`the unknown version ${version}`)
  const sizes = Array.from({ length: reader.u8() }, () => reader.u64())
  reader.end()
  return sizes
}
