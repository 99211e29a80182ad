import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  LocalStore,
  readJournalRange,
  takeImage,
  verifyStore,
  type JournalPosition,
  type JournalStretch,
  type LocalStoreOptions,
} from '../src/index.ts'
import { segmentName } from '../src/format/segment-header.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-read-journal-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ID = '6a'.repeat(16)
let next = 0
const options = (): LocalStoreOptions & { path: string } => ({
  path: join(folder, `s${next++}`),
  databases: DATABASES,
  provider: testProvider(),
})

async function write(
  store: LocalStore,
  { commits, bytes = 10 }: { commits: number; bytes?: number },
): Promise<void> {
  const value = 'v'.repeat(bytes)
  const commit = (): Promise<unknown> =>
    store.commit(({ sequence }) => ({ facts: FACTS, operations: [put('alpha', `k${sequence}`, value)] }))
  for (let n = 0; n < commits; n++) await commit()
}

async function layOver(journal: string, stretches: AsyncIterable<JournalStretch>): Promise<number> {
  let count = 0
  for await (const { segment, offset, bytes } of stretches) {
    await using file = await open(join(journal, segmentName(segment)), offset === 0 ? 'w' : 'r+')
    await file.write(bytes, 0, bytes.length, offset)
    count++
  }
  return count
}

test('an image and the ranges of the journal behind it are the store as it was at the last position', async () => {
  const o = options()
  const target = join(folder, 'archive')
  let store = await LocalStore.open(o)
  await write(store, { commits: 3 })
  const hold = store.holdJournal(store.sequence)
  let from = await store.journalEnd()
  await takeImage(store, { target, id: ID })
  // The image has what came up to its own end already; what is laid over it is the same.
  const archive = async (): Promise<void> => {
    const to = await store.journalEnd()
    await layOver(join(target, 'journal'), readJournalRange(store, { from, to }))
    from = to
    hold.advance(to.sequence)
  }
  for (let round = 0; round < 4; round++) {
    await write(store, { commits: 5, bytes: 300_000 })
    if (round % 2 === 1) await store.flush()
    await archive()
    await write(store, { commits: 2 })
    await archive()
  }
  await store.close()
  store = await LocalStore.open({ ...o, holdJournalFrom: from.sequence })
  const beforeWriting = await store.journalEnd()
  expect(beforeWriting.offset).toBeGreaterThan(0)
  await archive()
  await write(store, { commits: 2 })
  await store.flush()
  await write(store, { commits: 1 })
  await archive()
  for (const name of ['keyring', 'keyring.copy']) cpSync(join(o.path, name), join(target, name))
  const restored = await LocalStore.open({ ...o, path: target, create: 'never' })
  expect([restored.sequence, (await verifyStore(restored)).problems]).toEqual([from.sequence, []])
  for (const name of ['k1', `k${from.sequence}`]) {
    const key = new TextEncoder().encode(name)
    expect(await restored.get('alpha', key)).toEqual(await store.get('alpha', key))
  }
  await restored.close()
  await store.close()
})

test('stretches are what the files hold, beside writers and flush points that let segments go', async () => {
  const o = { ...options(), flushPointBytes: 200_000 }
  const store = await LocalStore.open(o)
  const ending = new AbortController()
  const writing = (async () => {
    while (!ending.signal.aborted) await write(store, { commits: 1, bytes: 20_000 })
  })()
  const copy = new Map<number, Buffer>()
  let from = await store.journalEnd()
  const hold = store.holdJournal(from.sequence)
  const begin = from
  for (let round = 0; round < 12; round++) {
    await write(store, { commits: 4 })
    const to = await store.journalEnd()
    let expected = from.segment
    for await (const { segment, offset, bytes } of readJournalRange(store, { from, to })) {
      const known = copy.get(segment) ?? Buffer.alloc(segment === begin.segment ? begin.offset : 0)
      expect([segment >= expected, offset]).toEqual([true, known.length])
      expected = segment
      copy.set(segment, Buffer.concat([known, bytes]))
    }
    expect(copy.get(to.segment)?.length).toBe(to.offset)
    from = to
  }
  ending.abort()
  await writing
  for (const name of readdirSync(join(o.path, 'journal')).filter((each) => each.endsWith('.wal'))) {
    const read = copy.get(Number(name.slice(0, 12)))
    if (read === undefined) continue
    const start = Number(name.slice(0, 12)) === begin.segment ? begin.offset : 0
    const file = readFileSync(join(o.path, 'journal', name))
    expect(file.subarray(start, read.length).equals(read.subarray(start))).toBe(true)
  }
  expect(copy.size).toBeGreaterThan(1)
  hold.release()
  await store.close()
})

test('a position that is none, or whose commits were let go, is refused', async () => {
  const store = await LocalStore.open(options())
  const first = await store.journalEnd()
  await write(store, { commits: 3 })
  const end = await store.journalEnd()
  const read = (from: unknown, to: unknown): Promise<readonly JournalStretch[]> =>
    Array.fromAsync(readJournalRange(store, { from: from as JournalPosition, to: to as JournalPosition }))
  const wrong: readonly [unknown, unknown][] = [
    [undefined, end],
    [{ ...first, digest: 'no' }, end],
    [{ ...first, offset: -1 }, end],
    [{ ...first, offset: first.offset + 1 }, end],
    [{ ...first, digest: new Uint8Array(32) }, end],
    [first, { ...end, offset: end.offset + 1 }],
    [first, { ...end, offset: end.offset - 1 }],
    [first, { ...end, sequence: end.sequence + 1 }],
    [first, { ...end, segment: end.segment + 1 }],
    [end, first],
  ]
  for (const [from, to] of wrong)
    await expect(read(from, to)).rejects.toMatchObject({ code: expect.stringMatching(/^JOURNAL_/) })
  expect(await read(end, end)).toEqual([])
  await store.flush()
  await write(store, { commits: 1 })
  await expect(read(first, await store.journalEnd())).rejects.toMatchObject({
    code: 'JOURNAL_POSITION_UNKNOWN',
  })
  await store.close()
})
