import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogStream } from '../../src/index.ts'
import { START_MS, StoreHost } from '../stream/store-host.ts'

async function filled(host: StoreHost): Promise<LogStream> {
  const { logs } = await host.open()
  for (let n = 0; n < 12; n++) {
    await logs.append({
      topic: n % 3 === 0 ? 'db' : 'web',
      message: `request ${n}`,
      timestamp: START_MS + n * 60_000,
      severity: n % 4 === 0 ? 'error' : 'info',
      metadata: { ms: n * 10, ...(n === 5 ? { user: 'ann' } : {}) },
    })
  }
  return logs
}

const rows = async (logs: LogStream, query: string): Promise<readonly unknown[]> =>
  await logs.table(query).toArray()

describe.each(['hot', 'cold'])('over %s blocks the pipe', (kind) => {
  test.each([
    ['* | stats count()', [{ count: 12 }]],
    [
      '* | count by topic',
      [
        { topic: 'db', count: 4 },
        { topic: 'web', count: 8 },
      ],
    ],
    ['* | top 1 by topic', [{ topic: 'web', count: 8 }]],
    [
      '* | stats by severity count() as n, avg(metadata.ms) as mean, max(metadata.ms), min(time) as first',
      [
        { severity: 'error', n: 3, mean: 40, max: 80, first: START_MS },
        { severity: 'info', n: 9, mean: 60, max: 110, first: START_MS + 60_000 },
      ],
    ],
    ['severity:error | stats sum(metadata.ms), uniq(topic) as topics', [{ sum: 120, topics: 2 }]],
    ['nothing_here | stats count(), sum(metadata.ms), max(time) as last', [{ count: 0, sum: 0, last: null }]],
    ['* | stats count(metadata.user) as users', [{ users: 1 }]],
    [
      '* | sort by metadata.ms desc | fields message, metadata.ms | limit 2',
      [
        { message: 'request 11', 'metadata.ms': 110 },
        { message: 'request 10', 'metadata.ms': 100 },
      ],
    ],
    ['* | limit 3 | stats count()', [{ count: 3 }]],
    ['* | sort by severity desc | limit 1 | fields severity, time', [{ severity: 'error', time: START_MS }]],
    [
      'topic:db | histogram 5m',
      [
        { time: START_MS, count: 2 },
        { time: START_MS + 300_000, count: 2 },
      ],
    ],
    ['* | stats by topic count() as n | sort by n | limit 1 | fields n', [{ n: 4 }]],
    ['request | fields topic | limit 1', [{ topic: 'db' }]],
  ])('%s', async (query, expected) => {
    await using host = new StoreHost({ shardCount: 2 })
    const logs = await filled(host)
    if (kind === 'cold') await logs.compact()
    expect(await rows(logs, query)).toEqual(expected)
  })
})

test('without a pipe that makes a table, rows are the entries', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const logs = await filled(host)
  expect(await rows(logs, '"request 5"')).toMatchObject([
    { message: 'request 5', severity: 'info', topic: 'web', metadata: { ms: 50, user: 'ann' } },
  ])
})

test('a histogram counts the steps between, also the empty ones', async () => {
  const hours = fc.array(fc.nat(40), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(hours, async (list) => {
      await using host = new StoreHost({ shardCount: 1 })
      const { logs } = await host.open()
      await logs.append(
        list.map((hour) => ({ topic: 'a', message: 'x', timestamp: START_MS + hour * 3_600_000 + 7 })),
      )
      const found = await rows(logs, '* | histogram 1h')
      const first = Math.min(...list)
      const expected = Array.from({ length: Math.max(...list) - first + 1 }, (_, step) => ({
        time: START_MS + (first + step) * 3_600_000,
        count: list.filter((hour) => hour === first + step).length,
      }))
      expect(found).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})

test('a search with such a pipe is told to use `table`', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const logs = await filled(host)
  expect(() => logs.search('* | stats count()')).toThrow(
    expect.objectContaining({ code: 'STREAM_QUERY_SYNTAX' }),
  )
})

test('a table of many groups stops at its limit', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  for (let n = 0; n < 101; n++) {
    const inputs = Array.from({ length: 1000 }, (_, m) => ({ topic: 'a', message: `${n} ${m}` }))
    await logs.append(inputs)
  }
  await expect(rows(logs, '* | count by message')).rejects.toMatchObject({ code: 'STREAM_QUERY_LIMIT' })
})

test.each([
  '* | stats by message count()',
  '* | stats by topic, message max(time)',
  '* | stats uniq(message)',
  '* | sort by message',
  '* | sort by time desc | limit 1',
  '* | stats by message max(message), min(message)',
])('%s of a few long values stops at the limit of bytes, which it names', async (query) => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  for (let n = 0; n < 40; n++) await logs.append({ topic: 'a', message: `${n} ${'x'.repeat(700_000)}` })
  await expect(rows(logs, query)).rejects.toThrow('TABLE_BYTES_MAX')
})

test('extremes of many groups count for what they hold, and not for all they were given', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  for (let n = 0; n < 40; n++) await logs.append({ topic: 'a', message: `${n} ${'x'.repeat(700_000)}` })
  const found = await rows(logs, '* | stats max(message) as last')
  expect(found).toHaveLength(1)
})
