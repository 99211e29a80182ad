import { ForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { valueMethods, type ObjectShape } from '../src/index.ts'
import { served } from './served.ts'

const DESCRIPTION: ObjectShape = {
  kind: 'object',
  methods: {
    ...valueMethods('add', 'echo', 'fail'),
    count: { gives: { kind: 'stream', pages: 'batches', whole: 'toArray', figures: ['explain'] } },
  },
  parts: { inner: { kind: 'object', methods: valueMethods('name'), asked: ['size'] } },
}

class Counter {
  readonly inner = { name: () => 'inner', size: 3 }
  add(left: number, right: number): number {
    return left + right
  }
  async echo(value: unknown): Promise<unknown> {
    return value
  }
  fail(): never {
    throw new ForgeError('OVERLOADED', 'no', { details: { a: 1 }, hint: 'wait' })
  }
  count(to: number): object {
    let seen = 0
    const batches = async function* () {
      for (let at = 0; at < to; at += 1000) {
        const batch = Array.from({ length: Math.min(1000, to - at) }, (_, index) => at + index)
        seen += batch.length
        yield batch
      }
    }
    return {
      batches,
      explain: () => ({ seen }),
      async *[Symbol.asyncIterator]() {
        for await (const batch of batches()) yield* batch
      },
    }
  }
}

interface CounterFace {
  add(left: number, right: number): number
  echo(value: unknown): Promise<unknown>
  fail(): never
  count(to: number): AsyncIterable<number> & {
    batches(): AsyncIterable<readonly number[]>
    toArray(): Promise<number[]>
    explain(): { seen: number }
  }
  readonly inner: { name(): string; readonly size: number }
}

test('a call goes there and its answer back', async () => {
  const { connect, server } = await served(new Counter(), DESCRIPTION)
  const face = (await connect()).proxy<CounterFace>(DESCRIPTION)
  expect(await face.add(1, 2)).toBe(3)
  expect(await face.inner.name()).toBe('inner')
  expect(await face.inner.size).toBe(3)
  expect(
    await face.echo({ at: new Date(5), bytes: new Uint8Array([1]), map: new Map([[1n, undefined]]) }),
  ).toEqual({
    at: new Date(5),
    bytes: new Uint8Array([1]),
    map: new Map([[1n, undefined]]),
  })
  await expect(face.fail()).rejects.toMatchObject({
    code: 'OVERLOADED',
    message: 'no',
    hint: 'wait',
    details: { a: 1 },
  })
  const results = face.count(2500)
  const all = []
  for await (const each of results) all.push(each)
  expect(all).toHaveLength(2500)
  expect(await results.explain()).toEqual({ seen: 2500 })
  expect(await results.toArray()).toEqual(all)
  expect(server.connections()).toMatchObject([
    { identity: { via: 'secret' }, pid: process.pid, callsInFlight: 0 },
  ])
})
