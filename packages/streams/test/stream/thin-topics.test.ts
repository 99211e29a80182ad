import { expect, test } from 'vitest'
import { StoreHost } from './store-host.ts'

const TOPICS = 10_000

test('10,000 topics with one entry each are stored, found and counted', async () => {
  await using host = new StoreHost()
  const names = Array.from({ length: TOPICS }, (_, n) => `device.${n % 100}.sensor-${n}`)
  const { logs: first } = await host.open()
  const receipt = await first.append(names.map((topic, n) => ({ topic, message: `reading ${n}` })))
  expect(receipt.versions.size).toBe(TOPICS)
  const { logs } = await host.reopen()
  expect(logs.topics()).toHaveLength(TOPICS)
  expect(await logs.read({ topic: 'device.7.*' }).toArray()).toHaveLength(TOPICS / 100)
  expect((await logs.read({ topic: names[4711]! }).toArray()).map(({ message }) => message)).toEqual([
    'reading 4711',
  ])
  expect((await logs.get(receipt.ids[9_999]!))?.topic).toBe(names[9_999])
  const startedMicros = process.cpuUsage()
  expect(await logs.search('topic:device.> reading').toArray()).toHaveLength(TOPICS)
  // Loose: it guards against work that grows with the square of the topics.
  expect(process.cpuUsage(startedMicros).user).toBeLessThan(3_000_000)
  await logs.append(names.map((topic) => ({ topic, message: 'again' })))
  expect(logs.topics('device.0.sensor-0')[0]).toMatchObject({ version: 2, count: 2 })
  expect(await logs.verify()).toMatchObject({ entries: 2 * TOPICS, problems: [] })
})
