/** Formats of version 1. The files may be added to, never edited: stores and auditors hold such bytes. */
import { readFileSync } from 'node:fs'
import { fromHex, toHex, type ObservedCommit } from '@forgeone/common'
import { expect, test } from 'vitest'
import { decompressEntries } from '../src/bundle/compress-entries.ts'
import { encodeLeaf, formatReceipt } from '../src/index.ts'
import { decodeState } from '../src/log/state-row.ts'
import { policyOfKey, verifyReceipt } from '../src/verify/index.ts'
import { bundleKey, checkpointKey, stateKey, tileKey } from '../src/log/row-keys.ts'
import { commit, openLog, put, QUERY_INDEX_KEY } from './fixtures.ts'

function vector<T>(name: string): T {
  // The shape is what the test beside it wrote.
  return JSON.parse(readFileSync(new URL(`vectors/v1/${name}.json`, import.meta.url), 'utf8')) as T
}

const LEAVES: Readonly<Record<string, ObservedCommit>> = {
  bare: commit(0, { operations: [], nonce: new Uint8Array(16).fill(5) }),
  unlogged: commit(1, { operations: [] }),
  operations: commit(2, {
    operations: [put(1, 7), { type: 'delete', database: 'system', key: Uint8Array.of(1, 2) }, put(2, 3)],
  }),
  everything: commit(3, {
    facts: {
      actor: 'p_7c01',
      action: 'keys.rotated',
      resourceClass: 'keys',
      resourceHash: new Uint8Array(16).fill(1),
      entries: { count: 1000, root: new Uint8Array(32).fill(2) },
      context: '{"outcome":"ok","revision":17}',
    },
  }),
  'context that is not canonical': commit(4, {
    facts: { ...commit(4).facts, context: 'free' },
    operations: [],
  }),
  'clock stepped back': commit(5, { backMs: 3_600_000 }),
}

test('leaves are those of version 1', () => {
  const frozen = vector<Record<string, string>>('leaves')
  expect(Object.fromEntries(Object.entries(LEAVES).map(([name, one]) => [name, encodeLeaf(one)]))).toEqual(
    frozen,
  )
})

interface LogVector {
  readonly vkey: string
  readonly checkpoint: string
  readonly receipt: string
}

test('the note and the receipt of a log are those of version 1', async () => {
  const frozen = vector<LogVector>('log')
  const { log, grow } = await openLog()
  grow(300)
  expect({
    vkey: log.verifierKeys[0]!.text,
    checkpoint: await log.checkpoint(),
    receipt: formatReceipt(await log.receipt(200)),
  }).toEqual(frozen)
  expect(verifyReceipt(frozen.receipt, policyOfKey(log.verifierKeys[0]!)).ok).toBe(true)
})

interface RowsVector {
  readonly bundleKey: string
  readonly bundle: string
  readonly tileKey: string
  readonly tile: string
  readonly stateKey: string
  readonly state: string
  readonly checkpointKey: string
}

test('rows of version 1 are read, and keys are the same', async () => {
  const frozen = vector<RowsVector>('rows')
  expect(frozen).toMatchObject({
    bundleKey: toHex(bundleKey(0)),
    tileKey: toHex(tileKey({ level: 0, index: 0 })),
    stateKey: toHex(stateKey(300)),
    checkpointKey: toHex(checkpointKey(300)),
  })
  const { log, grow } = await openLog()
  grow(300)
  // Compression may change with the version of zstd; what is inside may not.
  expect(decompressEntries(fromHex(frozen.bundle)!)).toEqual(
    Buffer.from((await log.tile('tile/entries/000'))!),
  )
  expect(frozen.tile).toBe(toHex((await log.tile('tile/0/000'))!))
  const state = decodeState(fromHex(frozen.state)!, 300)
  expect(state?.root()).toEqual(await log.rootAt(300))
  expect(state?.leaf(299)).toBe(await log.leaf(299))
})

test('rows of the query index are those of version 1', async () => {
  const { log, store, grow, settle } = await openLog({ queryIndexKey: QUERY_INDEX_KEY })
  grow(3)
  store.apply(log.observe([{ ...LEAVES['everything']!, sequence: 3 }]))
  grow(300)
  settle()
  const rows = [...store.rows].filter(([key]) => key.startsWith('78') || key.startsWith('79'))
  expect(Object.fromEntries(rows.map(([key, value]) => [key, toHex(value)]))).toEqual(vector('query-index'))
})
