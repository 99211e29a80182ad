import { ManualClock, SeededRandom } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { openEvents, openLogs, streamDatabases, type EventStream, type LogStream } from '../../src/index.ts'
import { StorePlace } from '../store-place.ts'

export const START_MS: number = Date.UTC(2024, 0, 1)

export interface Opened {
  readonly store: Store
  readonly logs: LogStream
  readonly events: EventStream
}

/** A store that can be closed and opened again, in memory unless a directory is given. */
export class StoreHost implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock(START_MS)
  readonly shardCount: number
  readonly #place: StorePlace
  #opened: Opened | undefined

  constructor(o: { readonly shardCount?: number; readonly path?: string; readonly seed?: number } = {}) {
    this.shardCount = o.shardCount ?? 3
    this.#place = new StorePlace({
      path: o.path,
      random: o.seed === undefined ? undefined : new SeededRandom(o.seed),
    })
  }

  async open(): Promise<Opened> {
    const { shardCount, clock } = this
    const databases = [...streamDatabases('logs', shardCount), ...streamDatabases('events', shardCount)]
    const store = await this.#place.open({ databases, clock })
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
