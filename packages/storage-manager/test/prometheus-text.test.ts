import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Forge, prometheusText } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** The grammar of the format: comments that name a type, and samples. */
const TYPE = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|summary)$/
const SAMPLE = /^([a-zA-Z_:][\w:]*) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/

test('every line is one of the format, every sample has a type before it, and no topic is named', async () => {
  await using folder = await temporaryFolder()
  const forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  await forge.logs.append({ topic: 'secret-project', message: 'x' })
  await forge.events.append([1, 2].map((payload) => ({ topic: 'orders', payload })))
  const text = prometheusText({ metrics: forge.metrics(), statistics: forge.stats() })
  await forge.close()
  expect(text.endsWith('\n')).toBe(true)
  const types = new Map<string, string>()
  const samples = new Map<string, string>()
  for (const line of text.trimEnd().split('\n')) {
    const [, typed, kind] = TYPE.exec(line) ?? []
    const [, name, value] = SAMPLE.exec(line) ?? []
    expect(typed ?? name, line).toBeDefined()
    if (typed !== undefined) {
      expect(types.has(typed), line).toBe(false)
      types.set(typed, kind!)
    } else {
      expect(types.has(name!) || types.get(name!.replace(/_(?:sum|count)$/, '')) === 'summary', line).toBe(
        true,
      )
      expect(samples.has(name!), line).toBe(false)
      samples.set(name!, value!)
    }
  }
  expect(samples.get('forge_store_entries')).toBe('3')
  expect(samples.get('forge_store_topics')).toBe('2')
  expect(samples.get('forge_store_healthy')).toBe('1')
  expect(samples.get('forge_logs_append_entries_total')).toBe('1')
  expect(text).not.toContain('secret-project')
})

test('numbers that are none are spelled as the format has them', () => {
  const statistics = {
    bytesOnDisk: 0,
    commits: 0,
    entries: 0,
    rawBytes: 0,
    topics: [],
    shardCount: 1,
    encryption: 'none',
    state: 'readonly',
  }
  const metrics = new Map(
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5e300].map((value, at) => [
      `m${at}`,
      { kind: 'gauge' as const, value },
    ]),
  )
  const text = prometheusText({ metrics, statistics })
  expect(text).toContain('forge_m0 NaN\n')
  expect(text).toContain('forge_m1 +Inf\n')
  expect(text).toContain('forge_m2 -Inf\n')
  expect(text).toContain('forge_m3 1.5e+300\n')
  expect(text).toContain('forge_store_healthy 0\n')
})
