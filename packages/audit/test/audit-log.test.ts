import { utf8Encode } from '@forgeone/common'
import { leafHash } from '@forgeone/merkle'
import { expect, test } from 'vitest'
import { CHECKPOINT_LEAVES, encodeLeaf } from '../src/index.ts'
import { policyOfKey, verifyConsistency, verifyReceipt } from '../src/verify/index.ts'
import { codeOf, commit, commits, GENERATION, openLog, signer, STORE_ID } from './fixtures.ts'
import { SlowTree } from './slow-tree.ts'

const SIZE = 70_000
const slow = new SlowTree(
  Array.from({ length: SIZE }, (_, index) => leafHash(utf8Encode(encodeLeaf(commit(index))))),
)

test('a log over three levels of tiles has the root of the slow twin, before and after it is loaded again', async () => {
  const { log, store, grow, settle } = await openLog()
  for (let done = 0; done < SIZE; done += 1000) grow(1000)
  const settled = settle()
  expect(settled).toBe(SIZE)
  expect(await log.rootAt(SIZE)).toEqual(slow.root(0, SIZE))
  const again = await openLog({ store: store.copy(), size: settled })
  for (const size of [1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
    expect(await again.log.rootAt(size)).toEqual(slow.root(0, size))
  for (const index of [0, 255, 256, 65_535, 65_536, SIZE - 1]) {
    expect(await again.log.leaf(index)).toBe(encodeLeaf(commit(index)))
    expect((await again.log.prove(index)).hashes).toEqual(slow.path(index, 0, SIZE))
  }
  expect(await again.log.consistency(300, SIZE)).toEqual(slow.proof(300, 0, SIZE))
  const kinds = new Set([...store.rows.keys()].map((key) => key.slice(0, 2)))
  expect(kinds).toEqual(new Set(['65', '74', '6d']))
})

test('a commit alone writes no row', async () => {
  const { log, grow, store } = await openLog()
  grow(255)
  expect(store.rows.size).toBe(0)
  expect(log.observe([commit(255)])).toHaveLength(2)
})

test('rows written after the settled state may be there or not; a replay writes the same', async () => {
  const first = await openLog()
  first.grow(600)
  const settled = first.settle()
  const atSettled = first.store.copy()
  first.grow(900)
  const rows = [...first.store.rows]
  for (const kept of [0, 0.3, 1]) {
    const store = atSettled.copy()
    const after = rows.filter(([key]) => !store.rows.has(key))
    for (const [key, value] of after.slice(0, after.length * kept)) store.rows.set(key, value)
    const { log, grow } = await openLog({ store, size: settled })
    grow(900)
    expect(await log.rootAt(1500)).toEqual(slow.root(0, 1500))
    expect([...store.rows].sort()).toEqual(rows.toSorted())
  }
})

test('two settled states are kept', async () => {
  const { grow, settle, store } = await openLog()
  for (const count of [10, 300, 5]) {
    grow(count)
    settle()
    settle()
  }
  expect([...store.rows.keys()].filter((key) => key.startsWith('6d'))).toHaveLength(2)
  for (const size of [310, 315]) {
    const { log } = await openLog({ store: store.copy(), size })
    expect(log.divergence).toBeUndefined()
    expect(await log.rootAt(size)).toEqual(slow.root(0, size))
  }
})

test('a receipt proves its leaf to whoever has the key, and stays within its size', async () => {
  const { log, grow } = await openLog()
  grow(5000)
  const receipt = await log.receipt(4711)
  const policy = policyOfKey(log.verifierKeys[0]!)
  expect(verifyReceipt(receipt, policy)).toMatchObject({
    ok: true,
    index: 4711,
    size: 5000,
    origin: log.origin,
  })
  expect(log.origin).toBe('forgeone/00112233445566778899aabbccddeeff/0123456789abcdef')
  expect(JSON.stringify(receipt).length).toBeLessThan(2048)
})

test('checkpoints are signed once for each size, durable first, and prove each other', async () => {
  const { log, grow, store } = await openLog()
  grow(100)
  const [one, two] = await Promise.all([log.checkpoint(), log.checkpoint()])
  expect(two).toBe(one)
  expect(store.writes).toBe(1)
  expect(await log.checkpoint()).toBe(one)
  expect(store.writes).toBe(1)
  grow(1)
  store.failing = true
  expect(await codeOf(() => log.checkpoint())).toBe('IO_FAILED')
  expect(log.lastCheckpoint()).toBe(one)
  store.failing = false
  const newer = await log.checkpoint()
  const proof = await log.consistency(100, 101)
  const policy = policyOfKey(log.verifierKeys[0]!)
  expect(verifyConsistency({ older: one, newer, proof }, policy)).toMatchObject({ ok: true, olderSize: 100 })
  expect(verifyConsistency({ older: newer, newer: one, proof }, policy)).toMatchObject({
    code: 'PROOF_INDEX',
  })
})

test('the timer signs only when the log grew, at most 20 times a second on demand, and once more at the end', async () => {
  const { log, grow, store, timer } = await openLog()
  log.start()
  log.start()
  expect(timer.actions.size).toBe(1)
  grow(1)
  timer.fire()
  timer.fire()
  await log.checkpoint()
  timer.fire()
  expect(store.writes).toBe(1)
  grow(1)
  await log.checkpoint()
  expect(timer.pauses).toBe(1)
  grow(1)
  await log.stop()
  expect(store.writes).toBe(3)
  expect(timer.actions.size).toBe(0)
})

test('a log without a key reads and proves, and signs nothing', async () => {
  const { log, grow } = await openLog({ signer: undefined })
  grow(3)
  expect((await log.prove(1)).hashes).toHaveLength(2)
  expect(await codeOf(() => log.checkpoint())).toBe('AUDIT_SIGNER_MISSING')
})

test('indexes and sizes outside the log have a code', async () => {
  const { log, grow } = await openLog()
  grow(3)
  for (const run of [
    () => log.leaf(3),
    () => log.leaf(-1),
    () => log.leaf(0.5),
    () => log.prove(3),
    () => log.prove(1, 4),
    () => log.prove(2, 2),
    () => log.consistency(0, 3),
    () => log.consistency(2, 4),
    () => log.receipt(3),
    () => log.rootAt(0),
  ])
    expect(await codeOf(run)).toBe('AUDIT_INDEX_UNKNOWN')
})

test('after a rotation both keys sign, and a verifier that trusts either is content', async () => {
  const keys = {
    prepare: () => Promise.resolve(signer(9)),
    promote: () => Promise.resolve([signer(9), signer()]),
  }
  const { log, grow } = await openLog({ keys })
  grow(5)
  const before = await log.checkpoint()
  const [oldKey] = log.verifierKeys
  const newKey = await log.rotateKey()
  const after = await log.checkpoint()
  expect(after).not.toBe(before)
  const receipt = await log.receipt(2)
  for (const key of [oldKey!, newKey]) expect(verifyReceipt(receipt, policyOfKey(key)).ok).toBe(true)
  expect(verifyReceipt(receipt, policyOfKey(log.verifierKeys[0]!)).ok).toBe(true)
})

test('the files of the tile layout are served by name, as wide as asked for', async () => {
  const { log, grow } = await openLog()
  grow(300)
  expect(await log.tile('checkpoint')).toBeUndefined()
  await log.checkpoint()
  expect((await log.tile('tile/0/000'))?.length).toBe(8192)
  expect((await log.tile('tile/0/001.p/44'))?.length).toBe(44 * 32)
  expect((await log.tile('tile/0/001.p/10'))?.length).toBe(10 * 32)
  expect((await log.tile('tile/1/000.p/1'))?.length).toBe(32)
  expect((await log.tile('tile/entries/001.p/2'))?.length).toBe(
    4 + encodeLeaf(commit(256)).length + encodeLeaf(commit(257)).length,
  )
  for (const path of ['tile/0/001', 'tile/0/001.p/45', 'tile/2/000.p/1', '../FORGE', 'tile/0/1', ''])
    expect(await log.tile(path)).toBeUndefined()
})

test('an origin needs ids of their length', async () => {
  await expect(openLog({ storeId: STORE_ID.subarray(1) })).rejects.toThrow('16 bytes')
  await expect(openLog({ generation: GENERATION.subarray(1) })).rejects.toThrow('8 bytes')
  await expect(openLog({ originPrefix: 'a b' })).rejects.toThrow('blanks')
})

test('what the store has not written yet is read all the same', async () => {
  const { log, store } = await openLog()
  log.observe(commits(0, 1000))
  expect(store.rows.size).toBe(0)
  expect(await log.leaf(3)).toBe(encodeLeaf(commit(3)))
  expect((await log.prove(3)).hashes).toEqual(slow.path(3, 0, 1000))
})

test('many leaves are signed for without waiting for the second, and once when it fails', async () => {
  const { log, grow, store, timer } = await openLog()
  const signedSize = (): string | undefined => log.lastCheckpoint()?.split('\n')[1]
  const grown = async (count: number): Promise<void> => {
    grow(count)
    // It signs in the background, which waits for nothing but its turns.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  await grown(CHECKPOINT_LEAVES)
  expect(signedSize()).toBeUndefined()
  log.start()
  await grown(CHECKPOINT_LEAVES - 1)
  expect(signedSize()).toBe(String(2 * CHECKPOINT_LEAVES - 1))
  await grown(CHECKPOINT_LEAVES - 1)
  expect(signedSize()).toBe(String(2 * CHECKPOINT_LEAVES - 1))
  store.failing = true
  await grown(1)
  const attempts = timer.pauses
  await grown(1)
  await grown(CHECKPOINT_LEAVES - 2)
  expect(timer.pauses).toBe(attempts)
  store.failing = false
  await grown(1)
  expect(timer.pauses).toBe(attempts + 1)
  expect(signedSize()).toBe(String(4 * CHECKPOINT_LEAVES - 1))
  await log.close()
})
