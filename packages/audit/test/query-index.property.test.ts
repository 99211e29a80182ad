import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ObservedCommit } from '@forgeone/common'
import {
  verifyOwn,
  type AuditAnswer,
  type AuditEntry,
  type AuditFilter,
  type AuditLog,
} from '../src/index.ts'
import { queryLeaves } from '../src/query/query-leaves.ts'
import { commit, MemoryStore, openLog, QUERY_INDEX_KEY, type Opened } from './fixtures.ts'

const BASE = 1_767_225_600_000
const ACTORS = ['system', 'p_1', 'p_2', 'p_rare']
const ACTIONS = ['events.append', 'events.remove', 'keys.rotated', 'access.denied', 'bare']
const CLASSES = ['events', 'keys', 'access']

function hash(seed: number): Uint8Array {
  return new Uint8Array(16).fill(seed)
}

/** Mostly one value for long stretches, so that there are bundles without the others. */
function commitOf(sequence: number, seed: number): ObservedCommit {
  const stretch = Math.floor(sequence / 200) + seed
  const pick = <T>(values: readonly T[], salt: number): T =>
    values[(sequence * 31 + seed) % 97 === salt ? (sequence + seed) % values.length : stretch % 2]!
  const resourceClass = pick(CLASSES, 5)
  const resourceHash = resourceClass === 'access' ? { resourceHash: hash(sequence % 3) } : {}
  return commit(sequence, {
    operations: [],
    nonce: undefined,
    facts: { actor: pick(ACTORS, 1), action: pick(ACTIONS, 3), resourceClass, ...resourceHash },
  })
}

interface Answered {
  readonly entries: readonly AuditEntry[]
  readonly answer: AuditAnswer
}

async function answered(query: AsyncGenerator<AuditEntry, AuditAnswer>): Promise<Answered> {
  const entries: AuditEntry[] = []
  for (;;) {
    const step = await query.next()
    if (step.done === true) return { entries, answer: step.value }
    entries.push(step.value)
  }
}

const filters: fc.Arbitrary<AuditFilter> = fc.record(
  {
    who: fc.constantFrom(...ACTORS, 'nobody'),
    act: fc.constantFrom(...ACTIONS, 'events.*', 'keys.*', 'none.*', '.*', 'events.app.*'),
    resource: fc.constantFrom(
      ...CLASSES,
      ...[0, 1, 9].map((seed) => Buffer.from(hash(seed)).toString('base64url')),
    ),
    from: fc.integer({ min: BASE, max: BASE + 3000 }),
    to: fc.integer({ min: BASE, max: BASE + 3000 }),
    limit: fc.constantFrom(1, 3, 50, 10_000),
    cursor: fc.integer({ min: 0, max: 3000 }),
  },
  { requiredKeys: [] },
)

type Step =
  | { readonly kind: 'grow'; readonly count: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'prune'; readonly minIndex: number }
  /** Opened again at one of the settled sizes: rows of later commits may be there, and are written again. */
  | {
      readonly kind: 'reload'
      readonly older: boolean
      readonly keepsRows: boolean
      readonly withKey: boolean
    }
  | { readonly kind: 'query'; readonly filter: AuditFilter }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('grow' as const), count: fc.integer({ min: 1, max: 700 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('prune' as const),
        minIndex: fc.integer({ min: 0, max: 1500 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('reload' as const),
        older: fc.boolean(),
        keepsRows: fc.boolean(),
        withKey: fc.boolean(),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('query' as const), filter: filters }) },
  ),
  { minLength: 4, maxLength: 25 },
)

/** A log with its journal: what is settled is durable, and rows behind it as far as a crash leaves them. */
class Simulated {
  readonly #seed: number
  readonly #journal: ObservedCommit[] = []
  #opened!: Opened
  #settled: readonly number[] = [0]
  #durable: readonly (readonly [string, Uint8Array])[] = []

  constructor(seed: number) {
    this.#seed = seed
  }

  get log(): AuditLog {
    return this.#opened.log
  }

  async open(o: {
    size: number
    rows: readonly (readonly [string, Uint8Array])[]
    withKey: boolean
  }): Promise<void> {
    const key = o.withKey ? { queryIndexKey: QUERY_INDEX_KEY } : {}
    this.#opened = await openLog({ ...key, store: new MemoryStore(o.rows), size: o.size })
    const { store, log } = this.#opened
    this.#settled = [o.size]
    store.apply(log.observe(this.#journal.slice(o.size)))
  }

  async step(step: Exclude<Step, { kind: 'query' }>): Promise<void> {
    const { store, log } = this.#opened
    if (step.kind === 'grow') {
      const size = this.#journal.length
      for (let at = size; at < size + step.count; at++) this.#journal.push(commitOf(at, this.#seed))
      store.apply(log.observe(this.#journal.slice(size)))
    } else if (step.kind === 'settle') {
      const size = this.#opened.settle()
      this.#settled = [...this.#settled.filter((each) => each < size), size].slice(-2)
      this.#durable = [...store.rows]
    } else if (step.kind === 'prune') {
      if (log.size === 0) return
      await log.checkpoint()
      await log.prune({ minIndex: step.minIndex })
      // Durable at once, like a note.
      const pruned = store.rows
      this.#durable = [
        ...this.#durable.filter(([name]) => pruned.has(name)),
        ...[...pruned].filter(([name]) => name === '70' || name.startsWith('63')),
      ]
    } else {
      const size = (step.older ? this.#settled[0] : this.#settled.at(-1)) ?? 0
      await this.open({ size, rows: step.keepsRows ? [...store.rows] : this.#durable, withKey: step.withKey })
    }
  }
}

test('an indexed query is the scan, whatever was written, pruned and opened again before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), steps, async (seed, run) => {
      const simulated = new Simulated(seed)
      await simulated.open({ size: 0, rows: [], withKey: true })
      for (const step of run) {
        if (step.kind !== 'query') await simulated.step(step)
        else
          expect(await answered(simulated.log.query(step.filter))).toEqual(
            await answered(queryLeaves(simulated.log, step.filter)),
          )
      }
      if (simulated.log.size > 0) expect(await verifyOwn(simulated.log)).toMatchObject({ ok: true })
    }),
    { numRuns: 200, seed: Number(process.env['FORGE_SEED'] ?? 20_261_121) },
  )
})
