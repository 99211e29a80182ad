import { expect, test } from 'vitest'
import { verifyLog, verifyOwn } from '../src/index.ts'
import { policyOfKey, verifyReceipt } from '../src/verify/index.ts'
import { codeOf, openLog } from './fixtures.ts'

test('pruned leaves are gone, their hashes stay, and so do receipts and proofs', async () => {
  const { log, store, grow, settle } = await openLog()
  grow(1000)
  const early = await log.receipt(100)
  settle()
  expect(await log.prune({ minIndex: 700 })).toBe(512)
  expect(await log.prune({ minIndex: 300 })).toBe(512)
  for (const index of [0, 511]) expect(await codeOf(() => log.leaf(index))).toBe('AUDIT_PRUNED')
  expect(JSON.parse(await log.leaf(512))).toMatchObject({ seq: 512 })
  expect(await codeOf(() => log.receipt(100))).toBe('AUDIT_PRUNED')
  const policy = policyOfKey(log.verifierKeys[0]!)
  expect(verifyReceipt(early, policy).ok).toBe(true)
  expect((await log.prove(100)).hashes).toHaveLength(10)
  const found = await Array.fromAsync(log.query({ limit: 10_000 }))
  expect(found[0]!.index).toBe(512)
  expect(await Array.fromAsync(log.query({ from: 0, limit: 1 }))).toMatchObject([{ index: 512 }])
  expect(await verifyOwn(log)).toMatchObject({ ok: true, size: 1000 })
  const again = await openLog({ store: store.copy(), size: 1000 })
  expect(again.log.minimumIndex).toBe(512)
  expect(await codeOf(() => again.log.leaf(511))).toBe('AUDIT_PRUNED')
})

test('an export of a pruned log is verified from its first leaf', async () => {
  const { log, grow, settle } = await openLog()
  grow(1000)
  await log.checkpoint()
  settle()
  await log.prune({ minIndex: 256 })
  const files = new Map<string, Uint8Array>()
  await log.exportTiles({ write: async (path, bytes) => void files.set(path, bytes) }, { entries: 'full' })
  expect(files.has('tile/entries/000')).toBe(false)
  const source = { read: async (path: string) => files.get(path) }
  const key = log.verifierKeys[0]!
  expect(await verifyLog(source, key)).toMatchObject({ ok: false, place: { path: 'tile/entries/000' } })
  expect(await verifyLog(source, key, { entriesFrom: 256 })).toMatchObject({ ok: true })
})

test('what is not settled or not signed is not pruned', async () => {
  const { log, grow, settle } = await openLog()
  grow(600)
  await log.checkpoint()
  expect(await log.prune({ minIndex: 512 })).toBe(0)
  settle()
  expect(await log.prune({ minIndex: 512 })).toBe(512)
  const unsigned = await openLog()
  unsigned.grow(600)
  unsigned.settle()
  expect(await unsigned.log.prune({ minIndex: 512 })).toBe(0)
})
