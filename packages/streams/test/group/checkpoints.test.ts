import { describe, expect, test } from 'vitest'
import { appendNumbers, GroupHost, START_MS } from './group-host.ts'

describe('a checkpoint', () => {
  test('is a place to read from, brings its pattern, moves, and can be removed', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a.x', 2)
    await events.checkpoints.set('c', 'a.*')
    await appendNumbers(events, 'a.y', 1, 2)
    await appendNumbers(events, 'b', 1, 3)
    const from = { checkpoint: 'c' }
    const read = async (topic?: string): Promise<unknown[]> =>
      (await events.read({ from, topic }).toArray()).map(({ payload }) => payload)
    expect(await read()).toEqual([2])
    expect(await read('>')).toEqual([2, 3])
    ;({ events } = await host.reopen())
    expect(await read()).toEqual([2])
    expect((await events.read({ to: from }).toArray()).map(({ payload }) => payload)).toEqual([0, 1])
    await events.checkpoints.set('c')
    expect(await read()).toEqual([])
    ;({ events } = await host.reopen())
    expect(await read()).toEqual([])
    expect(events.checkpoints.list()).toMatchObject([{ name: 'c', pattern: '>', timestamp: START_MS }])
    await events.checkpoints.remove('c')
    expect((await host.reopen()).events.checkpoints.get('c')).toBeUndefined()
  })
})
