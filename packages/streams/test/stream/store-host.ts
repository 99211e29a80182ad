import { ManualClock, SeededRandom } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, MemoryBackend, MemoryStoreFiles, type LocalStoreOptions } from '@forgeone/engine'
import { openEvents, openLogs, streamDatabases, type EventStream, type LogStream } from '../../src/index.ts'

export const START_MS: number = Date.UTC(2024, 0, 1)

export interface Opened {
  readonly store: LocalStore
  readonly logs: LogStream
  readonly events: EventStream
}

/** A store that can be closed and opened again, in memory unless a directory is given. */
export class StoreHost implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock(START_MS)
  readonly shardCount: number
  readonly #place: Pick<LocalStoreOptions, 'path' | 'files' | 'backend' | 'random'>
  #opened: Opened | undefined

  constructor(o: { readonly shardCount?: number; readonly path?: string; readonly seed?: number } = {}) {
    this.shardCount = o.shardCount ?? 3
    this.#place =
      o.path === undefined
        ? { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
        : { path: o.path }
    if (o.seed !== undefined) this.#place = { ...this.#place, random: new SeededRandom(o.seed) }
  }

  async open(): Promise<Opened> {
    const { shardCount, clock } = this
    const databases = [...streamDatabases('logs', shardCount), ...streamDatabases('events', shardCount)]
    const provider = rawKeyProvider(new Uint8Array(32).fill(1))
    const store = await LocalStore.open({ ...this.#place, databases, provider, clock })
    // No cache: every read goes through the store.
    const options = { shardCount, clock, cacheBytes: 0, compaction: 'manual' as const }
    this.#opened = { store, logs: await openLogs(store, options), events: await openEvents(store, options) }
    return this.#opened
  }

  async reopen(): Promise<Opened> {
    await this.close()
    return await this.open()
  }

  async close(): Promise<void> {
    const opened = this.#opened
    if (opened === undefined) return
    this.#opened = undefined
    await opened.logs.close()
    await opened.events.close()
    await opened.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export async function* chunksOf(bytes: Uint8Array, size: number = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}
