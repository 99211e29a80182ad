import { createHmac } from 'node:crypto'
import { systemClock } from '@forgeone/common'
import { presentActor, withActor } from '../commit/acting-as.ts'
import { checkOperations } from '../commit/check-commit.ts'
import { JointCommits, presentSeat } from '../commit/joint-commit.ts'
import { storeClosed } from '../health/store-closed.ts'
import type {
  CommitContent,
  CommitOptions,
  CommitPlace,
  HashedName,
  KeyRange,
  Operation,
  Row,
  ScanOptions,
  Store,
  SubkeyName,
} from '../port/store.ts'
import { hashName, subkeyOf } from '../store/hash-name.ts'
import { DistantCommits } from './distant-commits.ts'
import type { DistantOptions, DistantRows } from './distant-rows.ts'
import type { SortedRows } from './sorted-rows.ts'

const PAGE_ROWS = 256

/** Known to everybody, so they hide nothing. */
const KEYS = {
  keyedHash: (purpose: string, bytes: Uint8Array): Uint8Array =>
    createHmac('sha256', purpose).update(bytes).digest(),
  subkey: (purpose: string, label: string): Uint8Array =>
    createHmac('sha256', purpose).update(`key ${label}`).digest(),
}

/**
 * A store whose rows lie behind a network, as those of a database server do: each read is answered in a later turn, by
 * which time other commits may have come. Rehearses such a store in memory: neither encrypted nor durable.
 */
export class DistantStore implements Store {
  readonly synchronousReads: undefined
  readonly #rows: DistantRows
  readonly #way: () => Promise<void>
  readonly #commits: DistantCommits
  readonly #joint: JointCommits
  #closing: Promise<void> | undefined

  constructor({
    rows,
    clock = systemClock,
    way = oneTurn,
    checkFacts,
  }: Pick<DistantOptions, 'rows'> & Partial<DistantOptions>) {
    this.#rows = rows
    this.#way = way
    this.#commits = new DistantCommits({ rows, clock, way, checkFacts })
    this.#joint = new JointCommits(this.#commits)
  }

  get id(): Uint8Array {
    return this.#rows.id
  }

  get databases(): readonly string[] {
    return [...this.#rows.databases.keys()]
  }

  get sequence(): number {
    return this.#rows.sequence
  }

  commit(build: (place: CommitPlace) => CommitContent, options: CommitOptions = {}): Promise<CommitPlace> {
    if (this.#closing !== undefined) return Promise.reject(storeClosed())
    const actor = presentActor()
    const named = actor === undefined ? build : (place: CommitPlace) => withActor(build(place), actor)
    const seat = options.joins === true ? presentSeat() : undefined
    if (seat?.isFree === true) return seat.take(this.#commits, named, options)
    return new Promise((resolve, reject) =>
      this.#commits.submitJointly([{ build: named, options, resolve, reject }]),
    )
  }

  async jointly(
    calls: readonly (() => Promise<unknown>)[],
  ): Promise<readonly PromiseSettledResult<unknown>[]> {
    return await this.#joint.run(calls)
  }

  checkOperations(operations: readonly Operation[]): number {
    for (const { database } of operations) this.#rows.of(database)
    return checkOperations(operations)
  }

  async get(database: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#answer(database, (rows) => rows.get(key))
  }

  async getMany(database: string, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return await this.#answer(database, (rows) => keys.map((key) => rows.get(key)))
  }

  async *scan(database: string, range: KeyRange, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    const { reverse = false, keysOnly = false } = options
    let rest = range
    let left = options.limit ?? Number.POSITIVE_INFINITY
    while (left > 0) {
      const rowsMax = Math.min(left, PAGE_ROWS)
      const page = await this.#answer(database, (rows) => rows.page(rest, { reverse, rowsMax }))
      if (page.length > 0) yield keysOnly ? page.map(({ key }) => ({ key, value: new Uint8Array() })) : page
      if (page.length < rowsMax) return
      left -= page.length
      const { key: last } = page.at(-1)!
      rest = reverse ? { ...rest, to: last } : { ...rest, from: Uint8Array.of(...last, 0) }
    }
  }

  async reclaim(database: string): Promise<void> {
    await this.#answer(database, () => undefined)
  }

  keyedHash(named: HashedName): Uint8Array {
    return hashName(KEYS, named)
  }

  subkey(named: SubkeyName): Uint8Array {
    return subkeyOf(KEYS, named)
  }

  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = this.#commits.idle()
      this.#joint.close(storeClosed())
    }
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Asked of the rows as they are when the question arrives. */
  async #answer<Answer>(database: string, ask: (rows: SortedRows) => Answer): Promise<Answer> {
    if (this.#closing !== undefined) throw storeClosed()
    const rows = this.#rows.of(database)
    await this.#way()
    const answer = ask(rows)
    await this.#way()
    return answer
  }
}

async function oneTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
