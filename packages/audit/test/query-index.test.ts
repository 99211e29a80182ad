import { ForgeError, toHex, utf8Encode, type ObservedCommit } from '@forgeone/common'
import { expect, test } from 'vitest'
import { verifyOwn, type AuditFilter, type AuditLog } from '../src/index.ts'
import { indexPrefix, indexRowKey } from '../src/query-index/index-row.ts'
import { ValueBundles } from '../src/query-index/value-bundles.ts'
import { codeOf, commit, MemoryStore, openLog, QUERY_INDEX_KEY, type Opened } from './fixtures.ts'

const WITH_INDEX = { queryIndexKey: QUERY_INDEX_KEY }
const BUNDLE_ROW = '65'
const INDEX_ROW = '78'
const STATE_ROW = '6d'
const INDEXED_FROM_ROW = '79'

/** Commits of an actor who does nothing else. */
function rare(sequence: number): ObservedCommit {
  return commit(sequence, {
    facts: {
      actor: 'p_rare',
      action: 'vault.read',
      resourceClass: 'vault',
      resourceHash: new Uint8Array(16).fill(9),
    },
  })
}

/** Counts what is read. */
class CountingStore extends MemoryStore {
  readonly read: string[] = []

  override async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.read.push(toHex(key))
    return await super.get(key)
  }
}

/** Its index rows are not authentic. */
class TamperedStore extends MemoryStore {
  override scan(...range: Parameters<MemoryStore['scan']>): ReturnType<MemoryStore['scan']> {
    if (range[0].from?.[0] !== 0x78) return super.scan(...range)
    throw new ForgeError('RECORD_TAMPERED', 'the test says so')
  }
}

/** Grows a log to `size` leaves, those at `rareAt` by the rare actor. */
function growTo({ log, store }: Opened, size: number, rareAt: readonly number[] = []): void {
  while (log.size < size)
    store.apply(log.observe([rareAt.includes(log.size) ? rare(log.size) : commit(log.size)]))
}

async function indexesOf(log: AuditLog, filter: AuditFilter): Promise<readonly number[]> {
  const entries = await Array.fromAsync(log.query({ limit: 10_000, ...filter }))
  return entries.map(({ index }) => index)
}

function rowsOf(store: MemoryStore, kind: string): readonly string[] {
  return [...store.rows.keys()].filter((key) => key.startsWith(kind)).sort()
}

const SPARSE = [700, 701, 2000]
const RARE_FILTERS: readonly AuditFilter[] = [
  { who: 'p_rare' },
  { act: 'vault.read' },
  { act: 'vault.*' },
  { resource: 'vault' },
  { resource: Buffer.alloc(16, 9).toString('base64url') },
  { who: 'p_rare', act: 'vault.*', resource: 'vault' },
]

test('a query by a value reads the bundles that hold it, and the open one', async () => {
  const opened = await openLog({ ...WITH_INDEX, store: new CountingStore() })
  growTo(opened, 3000, SPARSE)
  opened.settle()
  const store = new CountingStore(opened.store.rows)
  const { log } = await openLog({ ...WITH_INDEX, store, size: 3000 })
  for (const filter of RARE_FILTERS) expect(await indexesOf(log, filter)).toEqual(SPARSE)
  // 700 and 701 are in bundle 2, 2000 in bundle 7.
  const bundles = new Set(store.read.filter((key) => key.startsWith(BUNDLE_ROW)))
  expect([...bundles].sort()).toEqual(['650000000000000002', '650000000000000007'])
  expect(await indexesOf(log, { who: 'nobody' })).toEqual([])
})

test('values that are never together in a bundle need no reading', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, [700])
  opened.store.apply(
    opened.log.observe([commit(2000, { facts: { ...commit(2000).facts, action: 'keys.rotated' } })]),
  )
  growTo(opened, 2560)
  opened.settle()
  const store = new CountingStore(opened.store.rows)
  const { log } = await openLog({ ...WITH_INDEX, store, size: 2560 })
  expect(await indexesOf(log, { who: 'p_rare', act: 'keys.*' })).toEqual([])
  expect(store.read.filter((key) => key.startsWith(BUNDLE_ROW))).toEqual([])
})

test('no value is in clear in a row of the index', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 600, [5, 300])
  opened.settle()
  const rows = [...opened.store.rows].filter(([key]) => key.startsWith('78') || key.startsWith('79'))
  expect(rows.length).toBeGreaterThan(8)
  const hidden = ['p_rare', 'vault', 'vault.', 'read', 'system', 'events', 'append', 'p_7c01']
  const text = rows.map(([key, value]) => `${key} ${toHex(value)}`).join('\n')
  for (const each of hidden) {
    expect(text).not.toContain(toHex(utf8Encode(each)))
    expect(text).not.toContain(toHex(utf8Encode(Buffer.from(each).toString('base64'))))
  }
  expect(text).not.toContain('0909')
  const other = await openLog({ queryIndexKey: new Uint8Array(32).fill(4) })
  growTo(other, 600, [5, 300])
  const ours = new Set(rowsOf(opened.store, INDEX_ROW))
  expect(rowsOf(other.store, INDEX_ROW)).toHaveLength(ours.size)
  expect(rowsOf(other.store, INDEX_ROW).filter((key) => ours.has(key))).toEqual([])
})

test('the values of the open bundle are known again after a restart', async () => {
  const first = await openLog(WITH_INDEX)
  growTo(first, 400, [300])
  first.settle()
  const again = await openLog({ ...WITH_INDEX, store: first.store.copy(), size: 400 })
  growTo(again, 2000)
  const straight = await openLog(WITH_INDEX)
  growTo(straight, 2000, [300])
  expect(rowsOf(again.store, INDEX_ROW)).toEqual(rowsOf(straight.store, INDEX_ROW))
  expect(await indexesOf(again.log, { who: 'p_rare' })).toEqual([300])
})

test('bundles of a store that had no index are looked through, later ones are in the index', async () => {
  const before = await openLog()
  growTo(before, 1000, [100, 900])
  before.settle()
  expect(rowsOf(before.store, INDEX_ROW)).toEqual([])
  const after = await openLog({ ...WITH_INDEX, store: before.store.copy(), size: 1000 })
  growTo(after, 3000, [2000])
  for (const filter of RARE_FILTERS) expect(await indexesOf(after.log, filter)).toEqual([100, 900, 2000])
  const bundles = new Set(rowsOf(after.store, INDEX_ROW).map((key) => Number.parseInt(key.slice(-4), 16)))
  // Leaves 900 to 1023 were in no bundle yet when the index began.
  expect([...bundles].sort((left, right) => left - right)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  expect(await verifyOwn(after.log)).toMatchObject({ ok: true })
  after.settle()
  const store = new CountingStore(after.store.rows)
  const { log } = await openLog({ ...WITH_INDEX, store, size: 3000 })
  expect(await indexesOf(log, { who: 'p_rare', from: commit(1024).time })).toEqual([2000])
  expect(store.read.filter((key) => key.startsWith(BUNDLE_ROW))).not.toContain('650000000000000009')
})

test('an index that was not kept up for a while hides nothing', async () => {
  const first = await openLog(WITH_INDEX)
  growTo(first, 600, [10])
  first.settle()
  for (const options of [{}, { queryIndexKey: new Uint8Array(32).fill(4) }]) {
    const without = await openLog({ ...options, store: first.store.copy(), size: 600 })
    growTo(without, 1500, [700])
    without.settle()
    const again = await openLog({ ...WITH_INDEX, store: without.store.copy(), size: 1500 })
    growTo(again, 2000, [1900])
    expect(await indexesOf(again.log, { who: 'p_rare' })).toEqual([10, 700, 1900])
    expect(await verifyOwn(again.log)).toMatchObject({ ok: true })
  }
})

test('what was settled with an index at a size says nothing once that size was settled without', async () => {
  const first = await openLog(WITH_INDEX)
  growTo(first, 300)
  first.settle()
  const atOlder = first.store.copy()
  growTo(first, 900, [400])
  first.settle()
  // The newer state alone came through the crash, so the older one is where it goes on: without an index.
  for (const kind of [STATE_ROW, INDEXED_FROM_ROW])
    for (const key of rowsOf(first.store, kind)) atOlder.rows.set(key, first.store.rows.get(key)!)
  const without = await openLog({ store: atOlder, size: 300 })
  growTo(without, 900, [400])
  without.settle()
  const again = await openLog({ ...WITH_INDEX, store: without.store, size: 900 })
  expect(await indexesOf(again.log, { who: 'p_rare' })).toEqual([400])
})

test('what is settled of the index goes with its state', async () => {
  const opened = await openLog(WITH_INDEX)
  for (const size of [10, 300, 600, 601]) {
    growTo(opened, size)
    opened.settle()
  }
  expect(rowsOf(opened.store, INDEXED_FROM_ROW)).toEqual(
    rowsOf(opened.store, STATE_ROW).map((key) => key.replace(STATE_ROW, INDEXED_FROM_ROW)),
  )
})

test('the rows of a value are read page after page', async () => {
  const store = new MemoryStore()
  const prefix = indexPrefix({ dimension: 1, hash: new Uint8Array(8) })
  const bundles = Array.from({ length: 1200 }, (_, at) => 2 * at)
  store.apply(bundles.map((bundle) => ({ key: indexRowKey(prefix, bundle), value: Uint8Array.of(1) })))
  const value = new ValueBundles({ store, prefix, end: 2300 })
  const found: number[] = []
  for (let next = await value.next(1); next < 2300; next = await value.next(next + 1)) found.push(next)
  expect(found).toEqual(bundles.slice(1, 1150))
  const leaping = new ValueBundles({ store, prefix, end: 2300 })
  expect([await leaping.next(3), await leaping.next(2001), await leaping.next(2299)]).toEqual([4, 2002, 2300])
})

test('an index that lost rows, and was given others, is whole again once it is written anew', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2500, SPARSE)
  const before = rowsOf(opened.store, INDEX_ROW)
  const { log, store } = opened
  for (const key of before.filter((_, at) => at % 3 === 0)) store.rows.delete(key)
  const prefix = indexPrefix({ dimension: 1, hash: new Uint8Array(8).fill(1) })
  store.rows.set(toHex(indexRowKey(prefix, 3)), Uint8Array.of(1))
  expect(await log.indexFault()).toBeDefined()
  expect(await log.reindex()).toBe(9)
  expect(await log.indexFault()).toBeUndefined()
  expect(rowsOf(store, INDEX_ROW)).toEqual(before)
  for (const filter of RARE_FILTERS) expect(await indexesOf(log, filter)).toEqual(SPARSE)
})

test('writing the index anew brings leaves of before it into it, for good, and a crash in it hides nothing', async () => {
  const without = await openLog()
  growTo(without, 1500, [700, 701])
  without.store.apply(without.log.settle().rows)
  const store = new CountingStore(without.store.rows)
  const first = await openLog({ ...WITH_INDEX, store, size: 1500 })
  growTo({ ...first, store }, 1600)
  // As a crash amid it would leave the rows: some of them there, and nothing said of them.
  const cut = store.copy()
  expect(await first.log.reindex()).toBe(6)
  for (const [key, value] of [...store.rows].filter((_, at) => at % 2 === 0))
    if (key.startsWith(INDEX_ROW)) cut.rows.set(key, value)
  const afterCrash = await openLog({ ...WITH_INDEX, store: cut, size: 1500 })
  expect(await indexesOf(afterCrash.log, { who: 'p_rare' })).toEqual([700, 701])
  store.apply(first.log.settle().rows)
  const again = await openLog({ ...WITH_INDEX, store, size: 1600 })
  store.read.length = 0
  expect(await indexesOf(again.log, { who: 'p_rare' })).toEqual([700, 701])
  expect(store.read.filter((key) => key.startsWith(BUNDLE_ROW))).toEqual(['650000000000000002'])
  expect(await again.log.indexFault()).toBeUndefined()
})

test('a log without an index has none to write anew', async () => {
  const { log } = await openLog()
  expect(await log.reindex()).toBe(0)
})

test('a state that is lost ends the index: its bundle is read, and its damage told', async () => {
  const first = await openLog(WITH_INDEX)
  growTo(first, 600, [10, 590])
  first.settle()
  const store = first.store.copy()
  for (const key of rowsOf(store, STATE_ROW)) store.rows.delete(key)
  const { log, ...rest } = await openLog({ ...WITH_INDEX, store, size: 600 })
  growTo({ log, ...rest }, 1000)
  expect(await codeOf(() => indexesOf(log, { who: 'p_rare' }))).toBe('AUDIT_DIVERGED')
})

test('a bundle that becomes full while a query begins is not passed over', async () => {
  const held: (() => void)[] = []
  /** Commits come while the store catches up, and their rows are written later. */
  class BusyStore extends MemoryStore {
    override async caughtUp(): Promise<void> {
      held.shift()?.()
    }
  }
  const opened = await openLog({ ...WITH_INDEX, store: new BusyStore() })
  growTo(opened, 300)
  held.push(() => {
    const later = Array.from({ length: 400 }, (_, offset) => 300 + offset)
    opened.log.observe(later.map((at) => (at === 400 ? rare(at) : commit(at))))
  })
  expect(await indexesOf(opened.log, { who: 'p_rare' })).toEqual([400])
})

test('an index row that is malformed, or is not authentic, costs time and hides nothing', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, SPARSE.slice(0, 2))
  opened.settle()
  for (const bad of [new Uint8Array(0), Uint8Array.of(2)]) {
    const store = new CountingStore(opened.store.rows)
    for (const key of rowsOf(store, INDEX_ROW)) store.rows.set(key, bad)
    const { log } = await openLog({ ...WITH_INDEX, store, size: 2000 })
    expect(await indexesOf(log, { who: 'p_rare' })).toEqual([700, 701])
    expect(store.read).toContain('650000000000000006')
  }
  const { log } = await openLog({
    ...WITH_INDEX,
    store: new TamperedStore(opened.store.rows),
    size: 2000,
  })
  expect(await indexesOf(log, { who: 'p_rare' })).toEqual([700, 701])
  expect(await log.indexFault()).toEqual({ detail: 'an index row cannot be read: the test says so' })
})

test('verifying the own store finds an index row that was deleted, changed or added', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, SPARSE.slice(0, 2))
  expect(await verifyOwn(opened.log)).toMatchObject({ ok: true })
  const damaged = { ok: false, code: 'AUDIT_QUERY_INDEX_DAMAGED', place: { leaf: 512 } }
  const rows = rowsOf(opened.store, INDEX_ROW).filter((key) => key.endsWith('02'))
  expect(rows).toHaveLength(10)
  for (const key of rows) {
    const value = opened.store.rows.get(key)!
    opened.store.rows.delete(key)
    expect(await verifyOwn(opened.log)).toMatchObject(damaged)
    opened.store.rows.set(key, Uint8Array.of(2))
    expect(await verifyOwn(opened.log)).toMatchObject(damaged)
    opened.store.rows.set(key, value)
  }
  const added = `${rows[0]!.slice(0, 4)}0011223344556677${rows[0]!.slice(-16)}`
  opened.store.rows.set(added, Uint8Array.of(1))
  expect(await verifyOwn(opened.log)).toMatchObject(damaged)
  opened.store.rows.delete(added)
  opened.store.rows.set('7801', Uint8Array.of(1))
  expect(await verifyOwn(opened.log)).toMatchObject({ code: 'AUDIT_QUERY_INDEX_DAMAGED', place: {} })
})

test('pruning takes the index rows of its bundles along', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, [10, 700, 1500])
  await opened.log.checkpoint()
  opened.settle()
  const kept = rowsOf(opened.store, INDEX_ROW).filter((key) => Number.parseInt(key.slice(-4), 16) >= 4)
  expect(await opened.log.prune({ minIndex: 1024 })).toBe(1024)
  expect(rowsOf(opened.store, INDEX_ROW)).toEqual(kept)
  expect(await indexesOf(opened.log, { who: 'p_rare' })).toEqual([1500])
  expect(await verifyOwn(opened.log)).toMatchObject({ ok: true })
})

test('a crash while pruning leaves index rows behind, which hide and show nothing', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, [10, 700, 1500])
  await opened.log.checkpoint()
  opened.settle()
  const { store } = opened
  const before = rowsOf(store, INDEX_ROW)
  const write = store.write.bind(store)
  store.write = async (rows) => {
    await write(rows)
    store.failing = true
  }
  expect(await codeOf(() => opened.log.prune({ minIndex: 1024 }))).toBe('IO_FAILED')
  expect(rowsOf(store, INDEX_ROW)).toEqual(before)
  const again = await openLog({ ...WITH_INDEX, store: store.copy(), size: 2000 })
  expect(await indexesOf(again.log, { who: 'p_rare' })).toEqual([1500])
  expect(await verifyOwn(again.log)).toMatchObject({ ok: true })
})

test('what is pruned while a query runs is not passed over', async () => {
  const opened = await openLog(WITH_INDEX)
  growTo(opened, 2000, [10, 700, 1500])
  await opened.log.checkpoint()
  opened.settle()
  const query = opened.log.query({ who: 'p_rare' })
  expect((await query.next()).value).toMatchObject({ index: 10 })
  await opened.log.prune({ minIndex: 1024 })
  expect(await codeOf(async () => await query.next())).toBe('AUDIT_PRUNED')
})
