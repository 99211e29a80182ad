import { ODD_VALUES, oddCallFault } from '@forgeone/common/testing'
import { describe, expect, it, test } from 'vitest'
import type { AuditFilter } from '../src/index.ts'
import { verifyConsistency, verifyProof, verifyReceipt } from '../src/verify/index.ts'
import { codeOf, openLog } from './fixtures.ts'

/** One parameter of a public method, and how a call with a value in its place is made. */
type OddCall = readonly [name: string, call: (odd: never) => unknown]

const { log, grow } = await openLog()
grow(300)
await log.checkpoint()

const target = { write: async (): Promise<void> => undefined }
const policy = { logs: [], witnesses: [], groups: [], quorum: undefined } as never
const FILTER: readonly (keyof AuditFilter)[] = [
  'who',
  'act',
  'resource',
  'outcome',
  'from',
  'to',
  'limit',
  'cursor',
]

const calls: readonly OddCall[] = [
  ['leaf', async (odd) => await log.leaf(odd)],
  ['prove, index', async (odd) => await log.prove(odd)],
  ['prove, size', async (odd) => await log.prove(1, odd)],
  ['consistency, from', async (odd) => await log.consistency(odd, 5)],
  ['consistency, to', async (odd) => await log.consistency(2, odd)],
  ['rootAt', async (odd) => await log.rootAt(odd)],
  ['receipt, index', async (odd) => await log.receipt(odd)],
  ['receipt, options', async (odd) => await log.receipt(1, odd)],
  ['receipt, entry', async (odd) => await log.receipt(1, { entry: odd })],
  ['tile', async (odd) => await log.tile(odd)],
  ['checkpoints', async (odd) => await Array.fromAsync(log.checkpoints(odd))],
  ['prune', async (odd) => await log.prune(odd)],
  ['prune, minIndex', async (odd) => await log.prune({ minIndex: odd })],
  ['addCosignatures', async (odd) => await log.addCosignatures(odd)],
  ['addCosignatures, lines', async (odd) => await log.addCosignatures({ checkpoint: 'x', lines: odd })],
  ['exportTiles, target', async (odd) => await log.exportTiles(odd)],
  ['exportTiles, options', async (odd) => await log.exportTiles(target, odd)],
  ['exportTiles, entries', async (odd) => await log.exportTiles(target, { entries: odd })],
  ['query', async (odd) => await Array.fromAsync(log.query(odd))],
  ...FILTER.map((name): OddCall => [
    `query, ${name}`,
    async (odd) => await Array.fromAsync(log.query({ [name]: odd } as AuditFilter)),
  ]),
  ['verifyReceipt', (odd) => verifyReceipt(odd, policy)],
  ['verifyProof, proof', (odd) => verifyProof({ proof: odd, leaf: new Uint8Array(1) }, policy)],
  ['verifyConsistency, evidence', (odd) => verifyConsistency(odd, policy)],
  ['verifyProof, evidence', (odd) => verifyProof(odd, policy)],
  ['verifyConsistency', (odd) => verifyConsistency({ older: odd, newer: odd, proof: odd }, odd)],
]

describe.each(calls)('%s', (_name, call) => {
  it('takes every odd value or refuses it with a code', async () => {
    const faults: string[] = []
    // One after another: they share a log.
    for (const { name, make } of ODD_VALUES) {
      const fault = await oddCallFault(() => call(make() as never))
      if (fault !== undefined) faults.push(`${name}: ${fault}`)
    }
    expect(faults).toEqual([])
  })
})

test('a number given as a text is refused instead of counted for ever', async () => {
  expect(await codeOf(async () => await log.consistency('2' as never, 5))).toBe('AUDIT_INDEX_UNKNOWN')
})

test('a filter by a name that is none is refused with the name that was meant', () => {
  expect(() => log.query({ action: 'x' } as never)).toThrow('the filter has no member "action"')
  expect(() => log.query({ limits: 3 } as never)).toThrow('did you mean limit?')
})

test('an export does what its leaf tells, whatever its options and target are at another look', async () => {
  const paths: string[] = []
  // Its check looks twice: what it saw last is what is told, and done.
  let looks = 0
  const options = Object.defineProperty({}, 'entries', {
    get: () => (looks++ < 2 ? 'none' : 'full'),
    enumerable: true,
  })
  let asked = 0
  const write = async (path: string): Promise<void> => void paths.push(path)
  const changing = Object.defineProperty({}, 'write', { get: () => (asked++ < 2 ? write : undefined) })
  await log.exportTiles(changing as typeof target, options)
  expect(paths).toContain('checkpoint')
  expect(paths.filter((path) => path.includes('entries'))).toEqual([])
})
