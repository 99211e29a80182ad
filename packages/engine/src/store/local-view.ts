import type { AbstractSnapshot } from 'abstract-level'
import { ForgeError } from '@forgeone/common'
import type { Database } from '../database/database.ts'
import type { KeyRange, Row, ScanOptions, StoreView } from './store.ts'

/** A LevelDB snapshot that lives long pins old files and invites stale reads (hazard H12). */
export const VIEW_MS_MAX = 30_000

interface Pinned {
  readonly database: Database
  readonly snapshot: AbstractSnapshot
}

/** One state of all databases, held by LevelDB snapshots. */
export class LocalView implements StoreView {
  readonly sequence: number
  readonly #pinned: ReadonlyMap<string, Pinned>
  readonly #refusal: (name: string) => ForgeError
  readonly #timer: NodeJS.Timeout
  #closed = false

  constructor(o: { sequence: number; databases: Iterable<Database>; refusal: (name: string) => ForgeError }) {
    this.sequence = o.sequence
    this.#pinned = new Map(
      [...o.databases].map((database) => [database.name, { database, snapshot: database.level.snapshot() }]),
    )
    this.#refusal = o.refusal
    this.#timer = setTimeout(() => void this[Symbol.asyncDispose](), VIEW_MS_MAX)
    this.#timer.unref()
  }

  async get(name: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.getMany(name, [key]))[0]
  }

  async getMany(name: string, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const { database, snapshot } = this.#find(name)
    return await database.getMany(keys, snapshot)
  }

  async *scan(name: string, range: KeyRange, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    const { database, snapshot } = this.#find(name)
    yield* database.pages(range, options, snapshot)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    for (const { snapshot } of this.#pinned.values()) await snapshot.close()
  }

  #find(name: string): Pinned {
    if (this.#closed)
      throw new ForgeError('STORE_CLOSED', `the view is closed; a view lives at most ${VIEW_MS_MAX / 1000} s`)
    const pinned = this.#pinned.get(name)
    if (pinned === undefined) throw this.#refusal(name)
    return pinned
  }
}
