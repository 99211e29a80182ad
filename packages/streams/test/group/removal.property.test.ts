import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isForgeError } from '@forgeone/common'
import { LOG_START } from '../../src/group/position-order.ts'
import type { Delivery, EventMessage, EventStream, Subscription } from '../../src/index.ts'
import { appendNumbers, GroupHost, payloads, settled, takeAvailable } from './group-host.ts'

const TOPICS = ['a.x', 'a.y', 'b'] as const
const GROUP = 'readers'
const ACK_TIMEOUT_MS = 100
const POLICY = { ackTimeoutMs: ACK_TIMEOUT_MS, backoffMs: 10, maxDeliveries: 3 }

type Action =
  | { readonly kind: 'append'; readonly topics: readonly string[]; readonly delayMs: number }
  | { readonly kind: 'fetch'; readonly max: number }
  | { readonly kind: 'ack' | 'nack' | 'deadLetter'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'remove' | 'retain' | 'compactKeys'; readonly topic: string }
  | { readonly kind: 'compact' | 'reopen' }

const topic = fc.constantFrom(...TOPICS)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      topics: fc.array(topic, { minLength: 1, maxLength: 6 }),
      delayMs: fc.constantFrom(0, 0, 0, 40),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('fetch' as const), max: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('ack' as const, 'nack' as const, 'nack' as const, 'deadLetter' as const),
      which: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(20, 120, 700_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove' as const, 'retain' as const, 'compactKeys' as const),
      topic,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('compact' as const, 'reopen' as const) }) },
)

const numberOf = ({ payload }: EventMessage): number => (payload as { readonly n: number }).n

/** Two iterators and a tail that were begun before, each with an entry taken. */
interface Held {
  readonly entries: readonly AsyncIterator<EventMessage>[]
  readonly texts: AsyncIterator<string>
}

class Run {
  readonly #host: GroupHost
  #events: EventStream
  #subscription: Subscription
  #out: Delivery[] = []
  #next = 0
  readonly #ids = new Map<number, string>()

  private constructor(host: GroupHost, events: EventStream) {
    this.#host = host
    this.#events = events
    this.#subscription = this.#subscribe()
  }

  static async begin(host: GroupHost): Promise<Run> {
    const { events } = await host.open()
    for (const name of TOPICS) await events.topicOperations.create(name, { compactBy: '/payload/k' })
    const run = new Run(host, events)
    await run.#subscription.ready
    return run
  }

  #subscribe(): Subscription {
    return this.#events.subscribe({ group: GROUP, topics: ['a.*', 'b'], ...POLICY })
  }

  async do(one: Action): Promise<void> {
    switch (one.kind) {
      case 'append': {
        const numbers = one.topics.map(() => this.#next++)
        const { ids } = await this.#events.append(
          one.topics.map((name, index) => ({
            topic: name,
            payload: { n: numbers[index]!, k: numbers[index]! % 2 },
          })),
          one.delayMs === 0 ? {} : { deliverAfterMs: one.delayMs },
        )
        for (const [index, n] of numbers.entries()) this.#ids.set(n, ids[index]!)
        return
      }
      case 'fetch': {
        const taken = await this.#subscription.nextBatch(one.max, { wait: false })
        this.#out.push(...taken)
        return
      }
      case 'ack':
      case 'nack':
      case 'deadLetter':
        return await this.#settleOne(one.kind, one.which)
      case 'pass':
        return await this.#host.pass(one.ms)
      case 'compact':
        await this.#events.compact()
        return
      case 'reopen':
        this.#out = []
        this.#events = (await this.#host.reopen()).events
        this.#subscription = this.#subscribe()
        await this.#subscription.ready
        return
      default:
        return await this.#removal(one)
    }
  }

  async #settleOne(kind: 'ack' | 'nack' | 'deadLetter', which: number): Promise<void> {
    if (this.#out.length === 0) return
    const [delivery] = this.#out.splice(which % this.#out.length, 1)
    if (!delivery!.isOpen) return
    if (kind === 'deadLetter') await delivery!.deadLetter('tested')
    else await delivery![kind]()
  }

  async #removal({ kind, topic: name }: Action & { readonly topic: string }): Promise<void> {
    const held = await this.#hold()
    const { topicOperations } = this.#events
    try {
      if (kind === 'remove') await topicOperations.remove(name)
      else if (kind === 'compactKeys') await topicOperations.compactKeys(name)
      else {
        await topicOperations.setRetention(name, { maxCount: 1 })
        await topicOperations.applyRetention()
        await topicOperations.removeRetention(name)
      }
    } catch (cause) {
      if (!isForgeError(cause, 'STREAM_TOPIC_UNKNOWN', 'STREAM_VALUE_INVALID')) throw cause
    }
    await this.#assertNothingRemoved(held)
  }

  async #hold(): Promise<Held> {
    const held: Held = {
      entries: [
        this.#events.read({})[Symbol.asyncIterator](),
        this.#events.search('')[Symbol.asyncIterator](),
        this.#events.tail({ from: { position: LOG_START } })[Symbol.asyncIterator](),
      ],
      texts: this.#events.exportCloudEvents({})[Symbol.asyncIterator](),
    }
    const isEmpty = (await this.#events.read({ limit: 1 }).toArray()).length === 0
    if (!isEmpty) {
      for (const iterator of held.entries) await iterator.next()
      await held.texts.next()
    }
    return isEmpty ? { entries: [], texts: held.texts } : held
  }

  async #assertNothingRemoved(held: Held): Promise<void> {
    const stored = (await this.#events.read().toArray()).filter(({ topic: name }) => !name.startsWith('$'))
    const there = new Set(stored.map(numberOf))
    const dead = new Set((await this.#deadLetters()).map(numberOf))
    for (const [at, iterator] of held.entries.entries()) {
      for (;;) {
        const next = await Promise.race([iterator.next(), settled(5).then(() => undefined)])
        if (next === undefined || next.done === true) break
        const n = numberOf(next.value)
        expect(
          next.value.topic.startsWith('$') ? dead.has(n) : there.has(n),
          `iterator ${at} gave ${n}`,
        ).toBe(true)
      }
    }
    for (let next = await held.texts.next(); next.done !== true; next = await held.texts.next()) {
      const { type, data } = JSON.parse(next.value) as { readonly type: string; readonly data: { n: number } }
      if (!type.includes('$dead')) expect(there, 'an export').toContain(data.n)
    }
    for (const [n, id] of this.#ids) {
      const found = await this.#events.get(id)
      expect(found !== undefined, `get of ${n}`).toBe(there.has(n))
    }
    const lag = await this.#events.groups.lag(GROUP)
    expect(lag.entries).toBeLessThanOrEqual(there.size)
    const open = this.#out.filter(({ isOpen }) => isOpen).length
    expect(lag.waiting + open).toBeLessThanOrEqual(there.size + open)
    expect(lag.inFlight).toBe(open)
    await this.#assertDelivered(there, await this.#deadLetters())
  }

  /** Everything that is out comes again, until it is a dead letter: none of it was removed. */
  async #assertDelivered(there: ReadonlySet<number>, before: readonly EventMessage[]): Promise<void> {
    for (const delivery of this.#out.splice(0))
      if (delivery.isOpen && delivery.entry.id.length % 2 === 0) await delivery.nack()
    for (let round = 0; round < 2; round++) {
      await this.#host.pass(ACK_TIMEOUT_MS + 1)
      const taken = await this.#subscription.nextBatch(100, { wait: false })
      for (const { entry } of taken) expect(there, 'a delivery').toContain(numberOf(entry))
      for (const delivery of taken.slice(0, taken.length / 2)) await delivery.nack()
      this.#out.push(...taken.slice(taken.length / 2))
    }
    const known = new Set(before.map(({ id }) => id))
    for (const letter of await this.#deadLetters())
      if (!known.has(letter.id)) expect(there, 'a dead letter').toContain(numberOf(letter))
  }

  async #deadLetters(): Promise<readonly EventMessage[]> {
    return await this.#events.read({ topic: `$dead.${GROUP}` }).toArray()
  }
}

test('no call gives an event that was removed before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 25 }), async (actions) => {
      await using host = new GroupHost({ shardCount: 2 })
      const run = await Run.begin(host)
      for (const one of actions) await run.do(one)
    }),
    { numRuns: 60 },
  )
})

test('a handler is not called with events of a removed topic that were read ahead', async () => {
  await using host = new GroupHost()
  const { events } = await host.open()
  await appendNumbers(events, 'a', 10)
  const { promise: gate, resolve: release } = Promise.withResolvers<void>()
  const seen: unknown[] = []
  await using _ = events.subscribe({ group: 'g', topics: 'a', concurrency: 1 }, async ({ entry }) => {
    seen.push(entry.payload)
    await gate
  })
  await settled()
  await events.topicOperations.remove('a')
  release()
  await settled()
  expect(seen).toEqual([0])
})

test('events of a topic that begins anew are delivered, however many its predecessor had', async () => {
  await using host = new GroupHost()
  const { events } = await host.open()
  await appendNumbers(events, 'a', 3)
  const subscription = events.subscribe({ group: 'g', topics: 'a' })
  await subscription.ackAll(await subscription.nextBatch(10))
  expect(await subscription.nextBatch(10, { wait: false })).toEqual([])
  await events.topicOperations.remove('a')
  await appendNumbers(events, 'a', 3, 100)
  expect(payloads(await takeAvailable(subscription))).toEqual([100, 101, 102])
})
