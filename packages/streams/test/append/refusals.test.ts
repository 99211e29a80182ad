import {
  ForgeError,
  isForgeError,
  ManualClock,
  type AuditFacts,
  type CommitObserver,
  type ObservedCommit,
  type ObserverRow,
} from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import {
  actingAs,
  KEY_BYTES_MAX,
  LocalStore,
  MemoryBackend,
  MemoryStoreFiles,
  VALUE_BYTES_MAX,
  type Operation,
} from '@forgeone/engine'
import { describe, expect, it } from 'vitest'
import {
  openEvents,
  streamDatabases,
  type AckOptions,
  type Delivery,
  type EventStream,
} from '../../src/index.ts'

/** Follows commits and keeps nothing of them. */
class CountingObserver implements CommitObserver {
  readonly database = 'observed'
  #size = 0

  async load(_store: unknown, size: number): Promise<void> {
    this.#size = size
  }

  observe(commits: readonly ObservedCommit[]): readonly ObserverRow[] {
    this.#size += commits.length
    return []
  }

  settle(): { size: number; rows: readonly ObserverRow[] } {
    return { size: this.#size, rows: [] }
  }

  async close(): Promise<void> {}
}

/** A store with a log of its own commits, as the audit log is one, whose facts can be refused once. */
class RefusingStore implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly files = new MemoryStoreFiles()
  readonly backend = new MemoryBackend()
  refuseOnce = false
  store!: LocalStore
  events!: EventStream

  async open(): Promise<this> {
    const observer = new CountingObserver()
    this.store = await LocalStore.open({
      files: this.files,
      backend: this.backend,
      databases: [...streamDatabases('events', 2), 'other', 'observed'],
      provider: rawKeyProvider(new Uint8Array(32).fill(1)),
      clock: this.clock,
      observer: { database: 'observed', create: async () => observer },
      checkFacts: (facts) => this.#check(facts),
    })
    const options = { shardCount: 2, clock: this.clock, cacheBytes: 0, compaction: 'manual' as const }
    this.events = await openEvents(this.store, options)
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.events.close()
    await this.store.close()
  }

  #check(facts: AuditFacts): void {
    if (!this.refuseOnce) return
    this.refuseOnce = false
    throw new ForgeError('AUDIT_ACTION_UNKNOWN', `${facts.action} is refused`)
  }
}

const key = Uint8Array.of(1)
const value = Uint8Array.of(2)
const row: Operation = { type: 'put', database: 'other', key, value }
const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new Error('get')
    },
  },
)

/** Rows of callers that no store takes. */
const REFUSED_ROWS: Readonly<Record<string, unknown>> = {
  'a database that is not there': [{ ...row, database: 'none' }],
  'the database of the observer': [{ ...row, database: 'observed' }],
  'a database that is no text': [{ ...row, database: 5 }],
  'a database named by a prototype': [{ ...row, database: '__proto__' }],
  'an empty key': [{ ...row, key: new Uint8Array(0) }],
  'a long key': [{ ...row, key: new Uint8Array(KEY_BYTES_MAX + 1) }],
  'a reserved key': [{ ...row, key: Uint8Array.of(0xff, 1) }],
  'a key that is a text': [{ ...row, key: 'abc' }],
  'a long value': [{ ...row, value: new Uint8Array(VALUE_BYTES_MAX + 1) }],
  'a value that is a list': [{ ...row, value: [1, 2] }],
  'a value that is missing': [{ type: 'put', database: 'other', key }],
  'an unknown type': [{ ...row, type: 'merge' }],
  'too many rows': Array.from({ length: 1_001 }, () => row),
  'too many bytes': Array.from({ length: 5 }, () => ({ ...row, value: new Uint8Array(1024 * 1024) })),
  'a row that is null': [null],
  'a row that throws': [throwing],
  'a good row before a bad one': [row, { ...row, database: 'none' }],
  'no list': row,
  'a promise': Promise.resolve([row]),
  nothing: null,
}

/** Whatever the rows are, the types say that they are some. */
function rowsOf(name: string): () => readonly Operation[] {
  return () => REFUSED_ROWS[name] as readonly Operation[]
}

async function oneDelivery(events: EventStream): Promise<Delivery> {
  await events.append({ topic: 'a', payload: 1 })
  const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
  return delivery!
}

/** Everything goes on: appends to topics old and new, ids, acks and groups, also after reopening. */
async function checkGoesOn(host: RefusingStore, delivery: Delivery): Promise<void> {
  const { events } = host
  await events.append({ topic: 'a', payload: 2 }, { expectedVersion: 1 })
  await events.append({ topic: 'b', payload: 3, id: 'mine' }, { expectedVersion: 0 })
  await delivery.ack({ append: { topic: 'c', payload: 4 }, alongside: () => [row] })
  expect((await events.groups.lag('g')).entries).toBe(1)
  const read = await events.read({ topic: '>' }).toArray()
  expect(read.map((event) => event.payload)).toEqual([1, 2, 3, 4])
  await events.close()
  await host.store.close()
  await host.open()
  expect((await host.events.read({ topic: '>' }).toArray()).map((event) => event.payload)).toEqual([
    1, 2, 3, 4,
  ])
  expect(await host.store.get('other', key)).toEqual(value)
}

describe.each(Object.keys(REFUSED_ROWS))('rows beside an ack with %s', (name) => {
  it.each([
    ['alone', {}],
    ['with events', { append: { topic: 'b', payload: 0, id: 'mine' } }],
  ] as readonly (readonly [string, AckOptions])[])(
    '%s are refused and change nothing',
    async (_, options) => {
      await using host = await new RefusingStore().open()
      const delivery = await oneDelivery(host.events)
      const failure = await delivery
        .ack({ ...options, alongside: rowsOf(name) })
        .catch((error: unknown) => error)
      expect(isForgeError(failure, 'COMMIT_INVALID'), String(failure)).toBe(true)
      expect(delivery.isOpen).toBe(true)
      await checkGoesOn(host, delivery)
    },
  )
})

describe('a commit that the store refuses once it was built', () => {
  it.each([
    ['an append to a known topic', (e: EventStream) => e.append({ topic: 'a', payload: 9 })],
    ['an append to a new topic', (e: EventStream) => e.append({ topic: 'b', payload: 9, id: 'mine' })],
    [
      'several appends of one turn',
      async (e: EventStream) =>
        await Promise.all([e.append({ topic: 'b', payload: 9 }), e.append({ topic: 'c', payload: 9 })]),
    ],
    ['a new topic', (e: EventStream) => e.topicOperations.create('b', {})],
    ['a checkpoint', (e: EventStream) => e.checkpoints.set('cp')],
  ] as const)('leaves everything as before: %s', async (_, call) => {
    await using host = await new RefusingStore().open()
    const delivery = await oneDelivery(host.events)
    host.refuseOnce = true
    await expect(call(host.events)).rejects.toThrow('is refused')
    expect(host.events.checkpoints.list()).toEqual([])
    await checkGoesOn(host, delivery)
  })

  it('by an actor that no leaf can name takes no later append down', async () => {
    await using host = await new RefusingStore().open()
    const delivery = await oneDelivery(host.events)
    const named = actingAs('x'.repeat(100), () => host.events.append({ topic: 'b', payload: 9 }))
    await expect(named).rejects.toThrow('its actor is empty or too long')
    await checkGoesOn(host, delivery)
  })

  it('while others of another actor are under way leaves those alone', async () => {
    await using host = await new RefusingStore().open()
    const delivery = await oneDelivery(host.events)
    const appends = [
      actingAs('x'.repeat(100), () => host.events.append({ topic: 'z', payload: 9 })),
      host.events.append({ topic: 'a', payload: 2 }, { expectedVersion: 1 }),
    ]
    const [refused, taken] = await Promise.allSettled(appends)
    expect([refused!.status, taken!.status]).toEqual(['rejected', 'fulfilled'])
    expect(delivery.isOpen).toBe(true)
    await host.events.append({ topic: 'z', payload: 3 }, { expectedVersion: 0 })
  })
})
