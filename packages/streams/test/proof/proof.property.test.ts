import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { verifyEntryProof, type LogInput, type Receipt } from '../../src/index.ts'
import { START_MS, StoreHost } from '../stream/store-host.ts'

const RUNS = inject('isLongTier') ? 100 : 10

const entry: fc.Arbitrary<LogInput> = fc.record(
  {
    topic: fc.constantFrom('a', 'b.c', 'd', 'é', 'f.g.h'),
    message: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed()),
    timestamp: fc.integer({ min: START_MS - 1000, max: START_MS + 1000 }),
    severity: fc.constantFrom('info', 'error'),
    metadata: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer(), { noNullPrototype: true }),
    checkpointMarker: fc.constant('m'),
  },
  { requiredKeys: ['topic', 'message'] },
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.array(entry, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('fast' as const, 'default' as const, 'max' as const, 'reopen' as const),
  },
)

test('whatever is appended, compacted and reopened, every proof is that of its receipt', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, shardCount) => {
        await using host = new StoreHost({ shardCount })
        let { logs } = await host.open()
        const receipts: Receipt[] = []
        for (const one of steps) {
          if (one === 'reopen') logs = (await host.reopen()).logs
          else if (typeof one === 'string') await logs.compact({ level: one })
          else receipts.push(...(await Promise.all(one.map((inputs) => logs.append(inputs)))))
        }
        for (const { ids, root, positions } of receipts) {
          for (const [index, id] of ids.entries()) {
            const proof = await logs.prove(id)
            expect(proof.root).toEqual(root)
            expect(proof.position).toEqual(positions[index])
            const entries = await Promise.all(proof.ids.map(async (one) => (await logs.get(one))!))
            expect(verifyEntryProof({ proof, entries, root })).toBe(true)
            const leaf = createHash('sha256').update(Uint8Array.of(0)).update(proof.content).digest()
            expect(new Uint8Array(leaf)).toEqual(proof.runHash)
          }
        }
      },
    ),
    { numRuns: RUNS },
  )
})
