import { expect, test } from 'vitest'
import { StoreHost } from './store-host.ts'

test.each(['forward', 'backward'] as const)(
  'a read %s that began before its block was rewritten goes on',
  async (direction) => {
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    // Wide enough to be sections of their own, of which the read has looked at some only.
    for (let part = 0; part < 4; part++) {
      const entries = Array.from({ length: 900 }, (_, n) => ({
        topic: `t.${part}`,
        message: `part ${part} line ${n} ${'word '.repeat(60)}`,
      }))
      await logs.append(entries)
    }
    await logs.compact()
    const wanted = (await logs.read({ direction }).toArray()).map(({ message }) => message)
    const found: string[] = []
    let batches = 0
    for await (const batch of logs.read({ direction }).batches()) {
      for (const { message } of batch) found.push(message)
      batches++
      if (batches === 1) await logs.compact({ level: 'max' })
      if (batches === 2) await logs.topicOperations.remove('t.0')
    }
    expect(batches).toBeGreaterThan(2)
    expect(new Set(found).size).toBe(found.length)
    expect(wanted.filter((message) => found.includes(message))).toEqual(found)
    expect(wanted.filter((message) => !found.includes(message) && !message.startsWith('part 0'))).toEqual([])
  },
)
