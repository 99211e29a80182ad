import { ForgeError, ManualClock, type Timer } from '@forgeone/common'
import type { LocalStoreOptions, Store } from '@forgeone/engine'
import {
  openEvents,
  streamDatabases,
  type Delivery,
  type EventStream,
  type Subscription,
} from '../../src/index.ts'
import { isOnDistantStores, StorePlace } from '../store-place.ts'

export const START_MS: number = Date.UTC(2024, 0, 1)

/** Runs what is due when the test says so. */
export class ManualTimer implements Timer {
  readonly #clock: ManualClock
  readonly #waiting = new Set<{ readonly atMs: number; readonly run: () => void }>()

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  after(delayMs: number, run: () => void): () => void {
    const one = { atMs: this.#clock.monotonicMs() + delayMs, run }
    this.#waiting.add(one)
    return () => this.#waiting.delete(one)
  }

  every(): never {
    throw new Error('nothing of a group happens every so often')
  }

  async pause(): Promise<void> {}

  fireDue(): void {
    const due = [...this.#waiting].filter(({ atMs }) => atMs <= this.#clock.monotonicMs())
    for (const one of due) {
      this.#waiting.delete(one)
      one.run()
    }
  }
}

export interface OpenedEvents {
  readonly store: Store
  readonly events: EventStream
}

/** Events in a store that can be closed and opened again, with a clock that the test moves. */
export class GroupHost implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock(START_MS)
  readonly timer: ManualTimer = new ManualTimer(this.clock)
  readonly shardCount: number
  readonly #place: StorePlace
  /** Commits that the store refuses once they are built, as it does those beyond a limit. */
  refuses: (action: string) => boolean = () => false
  #opened: OpenedEvents | undefined

  constructor(
    o: {
      readonly shardCount?: number
      readonly place?: Pick<LocalStoreOptions, 'path' | 'files' | 'backend'>
    } = {},
  ) {
    this.shardCount = o.shardCount ?? 3
    this.#place = new StorePlace(o.place)
  }

  async open(): Promise<OpenedEvents> {
    const { shardCount, clock, timer } = this
    const store = await this.#place.open({
      databases: [...streamDatabases('events', shardCount), 'other'],
      clock,
      checkFacts: ({ action }) => {
        if (this.refuses(action)) throw new ForgeError('COMMIT_INVALID', `${action} is refused by the test`)
      },
    })
    const options = { shardCount, clock, timer, cacheBytes: 0, compaction: 'manual' as const }
    this.#opened = { store, events: await openEvents(store, options) }
    return this.#opened
  }

  async reopen(): Promise<OpenedEvents> {
    await this.close()
    return await this.open()
  }

  /** Lets time pass, and everything happen that is then due. */
  async pass(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds)
    this.timer.fireDue()
    await settled()
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    let isClosed = false
    const closing = opened.events.close().then(() => (isClosed = true))
    await settled()
    // A handler that hangs is waited for in the time of the test.
    if (!isClosed) await this.pass(10_000)
    await closing
    await opened.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Turns of the event loop: more than any chain of steps in memory takes. */
export async function settled(turns: number = 30): Promise<void> {
  const left = isOnDistantStores() ? turns * 10 : turns
  for (let turn = 0; turn < left; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** So many deliveries, however many batches they come in. */
export async function takeExactly(subscription: Subscription, count: number): Promise<Delivery[]> {
  const deliveries: Delivery[] = []
  while (deliveries.length < count) {
    const batch = await subscription.nextBatch(count - deliveries.length)
    if (batch.length === 0) throw new Error('the subscription ended')
    deliveries.push(...batch)
  }
  return deliveries
}

/** What is handed out now, to a subscription that is then closed. */
export async function takeAvailable(subscription: Subscription): Promise<Delivery[]> {
  const deliveries: Delivery[] = []
  void (async () => {
    for (;;) {
      const batch = await subscription.nextBatch(10_000).catch(() => [])
      if (batch.length === 0) return
      deliveries.push(...batch)
    }
  })()
  await settled()
  await subscription.close()
  return deliveries
}

export const payloads = (deliveries: readonly Delivery[]): unknown[] =>
  deliveries.map(({ entry }) => entry.payload)

export async function appendNumbers(
  events: EventStream,
  topic: string,
  count: number,
  from: number = 0,
): Promise<void> {
  if (count > 0) await events.append(upTo(count).map((n) => ({ topic, payload: from + n })))
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
