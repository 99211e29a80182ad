import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson, type JsonObject } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { comparePositions, type Position } from '../../src/entry/position.ts'
import { severityCode } from '../../src/entry/severity.ts'
import type { LogEntry, LogInput, LogStream, ReadOptions } from '../../src/index.ts'
import { SEVERITIES } from '../../src/index.ts'
import { compileTopicPattern } from '../../src/topic/topic-pattern.ts'
import type { QueryNode } from '../../src/query/ast.ts'
import { naiveMatches } from '../query/naive-filter.ts'
import { commonTerm, nodeOf } from '../query/query-arbitrary.ts'
import { START_MS, StoreHost } from './store-host.ts'
import { isOnDistantStores } from '../store-place.ts'

interface ModelEntry {
  readonly input: LogInput
  readonly id: string
  readonly position: Position
  readonly timestamp: number
}

type Action =
  | { readonly kind: 'append'; readonly calls: readonly (readonly LogInput[])[] }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'compact'; readonly level: 'fast' | 'default' | 'max' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'read'; readonly options: ReadOptions }
  | { readonly kind: 'search'; readonly filter: QueryNode; readonly options: ReadOptions }

const RUNS = inject('isLongTier') ? 1000 : 40

const text = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', ' ', '.', 'é', '_', '1', '"', '😀', '\0', '\n'),
  maxLength: 12,
})
const time = fc.constantFrom(
  START_MS,
  START_MS - 1,
  START_MS - 3_600_000,
  START_MS + 50,
  1_700_000_000_000,
  -5,
)
const topic = fc.constantFrom('a', 'a.b', 'x.b', 'a.b.c', 'é')
const metadata = fc.dictionary(
  fc.constantFrom('a', 'b', 'http-status'),
  fc.oneof(text, fc.integer({ min: -3, max: 12 })),
  {
    noNullPrototype: true,
  },
)
const entry: fc.Arbitrary<LogInput> = fc.record(
  {
    topic,
    message: text,
    timestamp: time,
    severity: fc.constantFrom(...SEVERITIES),
    metadata,
    checkpointMarker: fc.constantFrom('a', 'b1'),
  },
  { requiredKeys: ['topic', 'message'] },
)
const readOptions: fc.Arbitrary<ReadOptions> = fc.record(
  {
    topic: fc.constantFrom('a', 'a.*', 'a.>', '>', 'none', '*.b'),
    from: time,
    to: time,
    limit: fc.nat(12),
    direction: fc.constantFrom('forward' as const, 'backward' as const),
  },
  { requiredKeys: [] },
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      calls: fc.array(fc.array(entry, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      level: fc.constantFrom('fast' as const, 'default' as const, 'max' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), options: readOptions }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('search' as const),
      filter: nodeOf(commonTerm),
      options: readOptions,
    }),
  },
)

function selected(model: readonly ModelEntry[], options: ReadOptions): ModelEntry[] {
  const pattern = options.topic === undefined ? undefined : compileTopicPattern(options.topic)
  const found = model
    .filter((one) => pattern?.matches(one.input.topic) ?? true)
    .filter((one) => options.from === undefined || one.timestamp >= Number(options.from))
    .filter((one) => options.to === undefined || one.timestamp < Number(options.to))
    .toSorted((left, right) => comparePositions(left.position, right.position))
  return options.direction === 'backward' ? found.reverse() : found
}

function matches(filter: QueryNode, one: ModelEntry, now: number): boolean {
  const { input } = one
  const row = {
    topic: input.topic,
    timestamp: one.timestamp,
    level: severityCode(input.severity ?? 'info'),
    text: () => input.message,
    id: () => one.id,
    marker: () => input.checkpointMarker,
    metadata: (): JsonObject => input.metadata ?? {},
    payload: () => undefined,
  }
  return naiveMatches(filter, row, { now, rows: 'logs' })
}

function expectSame(found: readonly LogEntry[], wanted: readonly ModelEntry[]): void {
  const plain = found.map(({ id, topic, timestamp, severity, message, metadata, checkpointMarker }) => ({
    id,
    topic,
    timestamp,
    severity,
    message,
    metadata: canonicalJson(metadata, { code: 'INTERNAL', what: '' }),
    checkpointMarker,
  }))
  expect(plain).toEqual(
    wanted.map(({ id, timestamp, input }) => ({
      id,
      topic: input.topic,
      timestamp,
      severity: input.severity ?? 'info',
      message: input.message,
      metadata: canonicalJson(input.metadata ?? {}, { code: 'INTERNAL', what: '' }),
      checkpointMarker: input.checkpointMarker,
    })),
  )
}

async function runActions(host: StoreHost, actions: readonly Action[]): Promise<number> {
  const model: ModelEntry[] = []
  let hits = 0
  let { logs } = await host.open()
  for (const action of actions) {
    switch (action.kind) {
      case 'append':
        await append(logs, action.calls, model, host.clock.now())
        break
      case 'reopen':
        logs = (await host.reopen()).logs
        break
      case 'compact':
        await logs.compact({ level: action.level })
        expect((await logs.verify()).problems).toEqual([])
        break
      case 'advance':
        host.clock.advance(action.ms)
        break
      case 'read':
        expectSame(
          await logs.read(action.options).toArray(),
          selected(model, action.options).slice(0, action.options.limit),
        )
        break
      case 'search': {
        const now = host.clock.now()
        const wanted = selected(model, action.options).filter((one) => matches(action.filter, one, now))
        hits += wanted.length
        expectSame(
          await logs.search({ filter: action.filter, pipes: [] }, action.options).toArray(),
          wanted.slice(0, action.options.limit),
        )
      }
    }
  }
  logs = (await host.reopen()).logs
  expectSame(await logs.read().toArray(), selected(model, {}))
  for (const one of model.slice(0, 20)) expectSame([(await logs.get(one.id))!], [one])
  const counts = new Map<string, number>()
  for (const { input } of model) counts.set(input.topic, (counts.get(input.topic) ?? 0) + 1)
  expect(new Map(logs.topics().map((one) => [one.name, one.version]))).toEqual(counts)
  expect(await logs.verify()).toMatchObject({ entries: model.length, problems: [] })
  return hits
}

/** Calls made at once: they share a commit. */
async function append(
  logs: LogStream,
  calls: readonly (readonly LogInput[])[],
  model: ModelEntry[],
  now: number,
): Promise<void> {
  const receipts = await Promise.all(calls.map((inputs) => logs.append(inputs)))
  for (const [call, { ids, positions }] of receipts.entries()) {
    for (const [index, input] of calls[call]!.entries()) {
      model.push({ input, id: ids[index]!, position: positions[index]!, timestamp: input.timestamp ?? now })
    }
  }
}

const actionLists = fc.array(action, { maxLength: 14 })

/** Searches of random histories find between dozens and hundreds of entries in so many runs; fewer test too little. */
const HITS_MIN = RUNS * 0.4
const ROUNDS_MAX = 4

test('logs in memory behave like a plain array', async () => {
  let hits = 0
  for (let round = 0; round < ROUNDS_MAX; round++) {
    hits += await hitsOfHistories(round)
    if (hits > HITS_MIN) break
  }
  expect(hits, 'searches find something').toBeGreaterThan(HITS_MIN)
})

/** Rounds but the first have a seed of their own. */
async function hitsOfHistories(round: number): Promise<number> {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(actionLists, fc.integer({ min: 1, max: 4 }), async (actions, shardCount) => {
      await using host = new StoreHost({ shardCount })
      hits += await runActions(host, actions)
    }),
    round === 0 ? { numRuns: RUNS } : { numRuns: RUNS, seed: round },
  )
  return hits
}

test.skipIf(isOnDistantStores())('logs on disk behave like a plain array', async () => {
  await fc.assert(
    fc.asyncProperty(actionLists, async (actions) => {
      const path = await mkdtemp(join(tmpdir(), 'forge-model-'))
      try {
        await using host = new StoreHost({ shardCount: 2, path })
        await runActions(host, actions)
      } finally {
        await rm(path, { recursive: true })
      }
    }),
    { numRuns: 10 },
  )
})
