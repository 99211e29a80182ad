import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePositions, type Position } from '../../src/entry/position.ts'
import type { Delivery, EventStream, GroupOrder, Subscription } from '../../src/index.ts'
import { PRIORITIES } from '../../src/index.ts'
import { GroupHost, settled } from './group-host.ts'

/** One event as the group should see it. */
interface ModelEntry {
  readonly payload: number
  readonly position: Position
  readonly lane: number
  state: 'unread' | 'out' | 'waiting' | 'done'
  attempts: number
  /** When it may be handed out again, or expires. */
  at: number
}

type Action =
  | {
      readonly kind: 'append'
      readonly topics: readonly string[]
      readonly priority: number
      readonly delayMs: number
    }
  | { readonly kind: 'fetch'; readonly max: number }
  | { readonly kind: 'ack' | 'nack' | 'extend' | 'effect'; readonly which: number; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'seek'; readonly to: number }

const ACK_TIMEOUT_MS = 100

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      topics: fc.array(fc.constantFrom('a.x', 'a.y', 'b'), { minLength: 1, maxLength: 8 }),
      priority: fc.nat(3),
      delayMs: fc.constantFrom(0, 0, 0, 0, 30),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('fetch' as const), max: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'ack' as const,
        'ack' as const,
        'nack' as const,
        'extend' as const,
        'effect' as const,
      ),
      which: fc.nat(20),
      ms: fc.integer({ min: 1, max: 80 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('seek' as const), to: fc.integer({ min: -1, max: 20 }) }),
  },
)

/** Runs a history against the group and against a plain list. */
class History {
  readonly #host: GroupHost
  readonly #order: GroupOrder
  #events!: EventStream
  #subscription!: Subscription
  #entries: ModelEntry[] = []
  #out: Delivery[] = []
  #expired: Delivery[] = []
  #next = 0
  #effects = 0
  /** When events may first be handed out. */
  readonly #delays = new Map<number, number>()

  constructor(host: GroupHost, order: GroupOrder) {
    this.#host = host
    this.#order = order
  }

  async run(actions: readonly Action[]): Promise<number> {
    let handedOut = 0
    await this.#open()
    for (const action of actions) {
      switch (action.kind) {
        case 'append':
          await this.#append(action)
          break
        case 'fetch':
          handedOut += await this.#fetch(action.max)
          break
        case 'pass':
          await this.#pass(action.ms)
          break
        case 'reopen':
          await this.#reopen()
          break
        case 'seek':
          await this.#seek(action.to)
          break
        default:
          await this.#settle(action)
      }
      await this.#check()
    }
    await this.#reopen()
    await this.#check()
    handedOut += await this.#fetch(1000)
    return handedOut
  }

  async #open(): Promise<void> {
    this.#events = (await this.#host.open()).events
    const topics = 'a.*'
    const policy = { ackTimeoutMs: ACK_TIMEOUT_MS, maxDeliveries: 1000, backoffMs: 10 }
    this.#subscription = this.#events.subscribe({ group: 'g', topics, order: this.#order, ...policy })
    await this.#subscription.ready
  }

  async #append(action: Action & { kind: 'append' }): Promise<void> {
    const inputs = action.topics.map((topic) => ({
      topic,
      payload: this.#next++,
      priority: PRIORITIES[action.priority]!,
    }))
    const receipt = await this.#events.append(inputs, { deliverAfterMs: action.delayMs })
    for (const [index, { topic, payload }] of inputs.entries()) {
      if (topic === 'b') continue
      this.#delays.set(payload, this.#now + action.delayMs)
      this.#entries.push({
        payload,
        position: receipt.positions[index]!,
        lane: this.#order === 'log' ? 0 : action.priority,
        state: action.delayMs === 0 ? 'unread' : 'waiting',
        attempts: 0,
        at: this.#now + action.delayMs,
      })
    }
    this.#entries.sort((left, right) => comparePositions(left.position, right.position))
  }

  async #fetch(max: number): Promise<number> {
    const due = this.#entries.filter((one) => one.state === 'waiting' && one.at <= this.#now)
    const unread = this.#entries.filter((one) => one.state === 'unread')
    const deliveries: Delivery[] = []
    const taker = this.#events.subscribe({
      group: 'g',
      ackTimeoutMs: ACK_TIMEOUT_MS,
      maxDeliveries: 1000,
      backoffMs: 10,
    })
    void (async () => {
      while (deliveries.length < max) {
        const batch = await taker.nextBatch(max - deliveries.length)
        if (batch.length === 0) return
        deliveries.push(...batch)
      }
    })()
    await settled(12)
    await taker.close()
    expect(deliveries.length).toBe(Math.min(max, due.length + unread.length))
    for (const delivery of deliveries) {
      const entry = this.#entryOf(delivery)
      expect(due.includes(entry) || unread.includes(entry), `${entry.payload} may be handed out`).toBe(true)
      entry.state = 'out'
      expect(delivery.attempt).toBe(++entry.attempts)
      entry.at = this.#now + ACK_TIMEOUT_MS
    }
    // Of each lane the first are taken.
    for (const lane of [0, 1, 2, 3]) {
      const states = unread.filter((one) => one.lane === lane).map(({ state }) => state)
      expect(states.lastIndexOf('out'), 'no gap').toBe(states.filter((state) => state === 'out').length - 1)
    }
    this.#out.push(...deliveries)
    return deliveries.length
  }

  async #settle(action: Action & { kind: 'ack' | 'nack' | 'extend' | 'effect' }): Promise<void> {
    const [late] = this.#expired.splice(0, 1)
    if (late !== undefined)
      await expect(late.ack()).rejects.toMatchObject({ code: 'STREAM_DELIVERY_EXPIRED' })
    const [delivery] = this.#out.splice(action.which % Math.max(1, this.#out.length), 1)
    if (delivery === undefined) return
    const entry = this.#entryOf(delivery)
    if (action.kind === 'nack') {
      await delivery.nack({ delayMs: action.ms })
      entry.state = 'waiting'
      entry.at = this.#now + action.ms
    } else if (action.kind === 'extend') {
      delivery.extend(action.ms)
      entry.at = this.#now + action.ms
      this.#out.push(delivery)
    } else {
      await delivery.ack(action.kind === 'ack' ? {} : { append: { topic: 'effect', payload: entry.payload } })
      entry.state = 'done'
      if (action.kind === 'effect') this.#effects++
    }
  }

  async #pass(milliseconds: number): Promise<void> {
    await this.#host.pass(milliseconds)
    for (const entry of this.#entries) {
      if (entry.state !== 'out' || entry.at > this.#now) continue
      entry.state = 'waiting'
      entry.at = this.#now
    }
    this.#expired.push(...this.#out.filter((delivery) => this.#entryOf(delivery).state !== 'out'))
    this.#out = this.#out.filter((delivery) => this.#entryOf(delivery).state === 'out')
  }

  async #reopen(): Promise<void> {
    await this.#host.close()
    await this.#open()
    for (const entry of this.#entries) {
      if (entry.state !== 'out') continue
      entry.state = 'waiting'
      entry.at = this.#now
    }
    this.#out = []
    this.#expired = []
  }

  /** After the entry of a place, or before all. */
  async #seek(to: number): Promise<void> {
    const target = this.#entries[to]
    await this.#events.groups.seek('g', target === undefined ? 'start' : { position: target.position })
    for (const entry of this.#entries) {
      const isAfter = target === undefined || comparePositions(entry.position, target.position) > 0
      const isDelayed = isAfter && this.#delays.get(entry.payload)! > this.#now
      entry.state = isAfter ? (isDelayed ? 'waiting' : 'unread') : 'done'
      if (isDelayed) entry.at = this.#delays.get(entry.payload)!
      entry.attempts = 0
    }
    this.#expired.push(...this.#out.splice(0))
  }

  async #check(): Promise<void> {
    const { entries, inFlight } = await this.#events.groups.lag('g')
    expect(entries).toBe(this.#entries.filter(({ state }) => state !== 'done').length)
    expect(inFlight).toBe(this.#out.length)
    const effects = await this.#events.read({ topic: 'effect' }).toArray()
    expect(effects.length).toBe(this.#effects)
  }

  #entryOf(delivery: Delivery): ModelEntry {
    return this.#entries.find(({ payload }) => payload === delivery.entry.payload)!
  }

  get #now(): number {
    return this.#host.clock.now()
  }
}

test.each(['log', 'priority'] as const)('a group in order %s behaves like a plain list', async (order) => {
  let handedOut = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (actions, shardCount) => {
        await using host = new GroupHost({ shardCount })
        handedOut += await new History(host, order).run(actions)
      },
    ),
    { numRuns: 150 },
  )
  expect(handedOut, 'histories hand something out').toBeGreaterThan(100)
})
