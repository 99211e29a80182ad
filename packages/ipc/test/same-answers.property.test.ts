import { isForgeError } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { served } from './served.ts'
import { Shop, SHOP } from './shop.ts'

type Call =
  | readonly ['echo', unknown]
  | readonly ['write', string]
  | readonly ['count']
  | readonly ['list']
  | readonly ['size']
  | readonly ['numbers', number, number | undefined, number]
  | readonly ['map', readonly unknown[], number]
  | readonly ['transaction', readonly string[], boolean]
  | readonly ['deliveries', number, readonly ('ack' | 'nack')[]]
  | readonly ['import', readonly unknown[], number | undefined]

const plain = fc.jsonValue()
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('echo' as const), plain),
  fc.tuple(fc.constant('write' as const), fc.string()),
  fc.constant(['count'] as const),
  fc.constant(['list'] as const),
  fc.constant(['size'] as const),
  fc.tuple(
    fc.constant('numbers' as const),
    fc.nat(50),
    fc.option(fc.nat(60), { nil: undefined }),
    fc.nat(60),
  ),
  fc.tuple(fc.constant('map' as const), fc.array(plain, { maxLength: 5 }), fc.nat(7)),
  fc.tuple(fc.constant('transaction' as const), fc.array(fc.string(), { maxLength: 5 }), fc.boolean()),
  fc.tuple(
    fc.constant('deliveries' as const),
    fc.nat(5),
    fc.array(fc.constantFrom('ack', 'nack'), { maxLength: 3 }),
  ),
  fc.tuple(
    fc.constant('import' as const),
    fc.array(plain, { maxLength: 5 }),
    fc.option(fc.nat(5), { nil: undefined }),
  ),
)

/** What a face answers: the same whether it is the object itself or stands for it. */
async function answer(face: Shop, call: Call): Promise<unknown> {
  switch (call[0]) {
    case 'echo':
      return await face.echo(call[1])
    case 'write':
      return await (face.write(call[1]) as unknown)
    case 'count':
      return await face.tills.count()
    case 'list':
      return await face.tills.busy.list()
    case 'size':
      return await face.size
    case 'numbers': {
      const [, to, fail, until] = call
      const seen: number[] = []
      for await (const number of face.numbers(to, fail)) {
        seen.push(number)
        if (number === until) break
      }
      return seen
    }
    case 'map': {
      const [, values, fail] = call
      let count = 0
      return await face.map(values, (value) => {
        if (count++ === fail) throw new TypeError('callback')
        return [value]
      })
    }
    case 'transaction': {
      const [, texts, fails] = call
      return await face.transaction(async (tx) => {
        for (const text of texts) await (tx.log.append(text) as unknown)
        if (fails) throw new RangeError('no')
      })
    }
    case 'deliveries': {
      const [, max, settle] = call
      const subscription = await face.subscribe()
      const batch = await subscription.nextBatch(max)
      const outcomes: unknown[] = []
      for (const [index, how] of settle.entries()) outcomes.push(await batch[index]?.[how]())
      outcomes.push(batch.map(({ entry, isOpen }) => [entry, isOpen]))
      await subscription.close()
      return outcomes
    }
    case 'import': {
      const [, values, stopAt] = call
      const input = async function* () {
        yield* values
      }
      return await face.importFrom(input, stopAt === undefined ? {} : { stopAt })
    }
  }
}

async function outcome(face: Shop, call: Call): Promise<unknown> {
  try {
    return { gave: await answer(face, call) }
  } catch (error) {
    if (isForgeError(error)) return { code: error.code, message: error.message, details: error.details }
    return { error: String(error) }
  }
}

test('random calls of an object and of what stands for it in another process give the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
      const direct = new Shop()
      const behind = new Shop()
      const { connect, server } = await served(behind, SHOP)
      const connection = await connect()
      // Its methods give promises where those of the object give values at once; each is waited for.
      const face = connection.proxy<Shop>(SHOP) as unknown as Shop
      for (const each of calls) expect(await outcome(face, each)).toEqual(await outcome(direct, each))
      expect(behind.written).toEqual(direct.written)
      expect(behind.log.filter((line) => line.includes('ended'))).toEqual(
        direct.log.filter((line) => line.includes('ended')),
      )
      expect(server.connections()[0]!.callsInFlight).toBe(0)
      await connection.close()
      await server.close()
    }),
    { numRuns: 60 },
  )
})
