import { expect, test } from 'vitest'
import { GroupHost } from './group-host.ts'

test('a stream closes while its groups read ahead, at whatever turn of theirs, and nothing is lost', async () => {
  for (let turns = 0; turns < 40; turns++) {
    await using host = new GroupHost()
    let { events } = await host.open()
    await events.append({ topic: 'a', payload: 0 })
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    await delivery!.ack()
    await events.append({ topic: 'a', payload: 1 })
    // The append woke the group, which now reads ahead though nobody asks.
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    events = (await host.reopen()).events
    const [next] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    expect(next!.entry.payload, `${turns} turns`).toBe(1)
    await next!.ack()
  }
})
