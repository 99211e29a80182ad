import { expect, test } from 'vitest'
import {
  AUDIT_CSV_HEADER,
  auditCsvLine,
  auditJsonLine,
  type AuditAnswer,
  type AuditEntry,
  type AuditFilter,
  type AuditLog,
} from '../src/index.ts'
import { codeOf, commit, openLog } from './fixtures.ts'

const BASE = 1_767_225_600_000

async function all(log: AuditLog, filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
  return await Array.fromAsync(log.query(filter))
}

const { log, grow, store } = await openLog()
grow(1000)
store.apply(
  log.observe([
    commit(1000, {
      facts: {
        actor: '=1+1',
        action: 'keys.rotated',
        resourceClass: 'ke"ys,',
        resourceHash: new Uint8Array(16),
        context: '{"outcome":"denied"}',
      },
    }),
  ]),
)
grow(99)

test('times are found by halving, and bounds are half open', async () => {
  for (const [from, to] of [
    [0, 1100],
    [255, 256],
    [256, 257],
    [1000, 1099],
    [1024, 1100],
    [700, 700],
  ] as const) {
    const found = await all(log, { from: BASE + from, to: BASE + to, limit: 10_000 })
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: to - from }, (_, at) => from + at))
  }
})

test('filters hold together', async () => {
  expect(await all(log, { who: 'p_7c01', limit: 10_000 })).toHaveLength(367)
  expect((await all(log, { act: 'keys.*' })).map(({ index }) => index)).toEqual([1000])
  expect((await all(log, { act: 'keys.rotated', outcome: 'denied' })).map(({ index }) => index)).toEqual([
    1000,
  ])
  expect(await all(log, { act: 'keys.rotated', outcome: 'ok' })).toEqual([])
  expect(await all(log, { resource: 'AAAAAAAAAAAAAAAAAAAAAA' })).toHaveLength(1)
  expect(await all(log, { resource: 'events', who: 'nobody' })).toEqual([])
})

test('pages continue behind the last entry', async () => {
  const first = await all(log, { who: 'p_7c01', limit: 100 })
  const second = await all(log, { who: 'p_7c01', limit: 10_000, cursor: first.at(-1)!.index + 1 })
  expect([...first, ...second].map(({ index }) => index)).toEqual(
    (await all(log, { who: 'p_7c01', limit: 10_000 })).map(({ index }) => index),
  )
  expect(await all(log)).toHaveLength(1000)
  for (const filter of [{ limit: 0 }, { limit: 10_001 }, { limit: 1.5 }, { cursor: -1 }])
    expect(await codeOf(() => all(log, filter))).toBe('AUDIT_INDEX_UNKNOWN')
})

test('exports are RFC 4180 without formulas, and JSON lines', async () => {
  const [entry] = await all(log, { act: 'keys.rotated' })
  expect(AUDIT_CSV_HEADER).toBe(
    'index,time,actor,action,resource,resourceHash,puts,deletes,entries,context\r\n',
  )
  expect(auditCsvLine(entry!)).toBe(
    `1000,2026-01-01T00:00:01.000Z,'=1+1,keys.rotated,"ke""ys,",AAAAAAAAAAAAAAAAAAAAAA,1,0,,"{""outcome"":""denied""}"\r\n`,
  )
  expect(JSON.parse(auditJsonLine(entry!))).toEqual({ index: 1000, leaf: JSON.parse(entry!.leaf) })
})

test('an empty log has no entries', async () => {
  expect(await all((await openLog()).log, { from: 0 })).toEqual([])
})

test('an answer says what it looked through', async () => {
  await log.checkpoint()
  grow(50)
  const answerTo = async (filter: AuditFilter): Promise<AuditAnswer> => {
    const query = log.query({ limit: 10_000, ...filter })
    for (;;) {
      const step = await query.next()
      if (step.done === true) return step.value
    }
  }
  const signed = { checkpointSize: 1100 }
  expect(await answerTo({ act: 'keys.*' })).toEqual({ begin: 0, end: 1150, count: 1, ...signed })
  expect(await answerTo({ cursor: 9000 })).toEqual({ begin: 1150, end: 1150, count: 0, ...signed })
  expect(await answerTo({ who: 'p_7c01', limit: 2 })).toEqual({ begin: 0, end: 4, count: 2, ...signed })
  const between = { from: BASE + 600, to: BASE + 1000 }
  expect(await answerTo(between)).toEqual({ begin: 600, end: 1000, count: 400, ...signed })
  expect(await answerTo({ ...between, who: 'nobody' })).toEqual({
    begin: 600,
    end: 1000,
    count: 0,
    ...signed,
  })
})
