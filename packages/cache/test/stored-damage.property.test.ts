import { SeededRandom } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryKey, pathRange, prefixRange, type EntryPlace } from '../src/persistent/cache-keys.ts'
import { EntryNames } from '../src/persistent/entry-names.ts'
import { decodeEntry, encodeEntry } from '../src/persistent/entry-value.ts'
import { packMessage, unpackMessage, type PackValue } from '../src/table/msgpack.ts'
import { lasting, listing, memoryDatabase, openCache, storedSum, zones } from './metadata-fixtures.ts'

const vaultId = fc.oneof(
  fc.constantFrom('1', '10', '100', 'a', 'ab'),
  fc.string({ minLength: 1, maxLength: 8 }),
)
const path = fc.oneof(
  fc.constantFrom('', 'a', 'a/b', 'ab', 'a/bc'),
  fc.constant('x'.repeat(600)),
  fc.constant(`${'x'.repeat(600)}/y`),
)
const address = fc.record({
  table: fc.integer({ min: 1, max: 6 }),
  vaultId,
  zoneIndex: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  path,
})
type Address = typeof address extends fc.Arbitrary<infer T> ? T : never

async function placeOf(names: EntryNames, one: Address): Promise<EntryPlace> {
  const { form, bytes } = await names.path(one.path)
  const { bytes: vaultKey } = await names.vaultKey('vaults', one.vaultId)
  return {
    epoch: 1,
    table: one.table,
    vaultKey,
    generation: 0,
    zoneIndex: one.zoneIndex,
    page: 0,
    form,
    path: bytes,
  }
}

describe('stored keys', () => {
  it.each([undefined, new Uint8Array(32).fill(1)])(
    'of two addresses are equal only when the addresses are',
    async (indexKey) => {
      const names = new EntryNames(indexKey)
      await fc.assert(
        fc.asyncProperty(address, address, async (left, right) => {
          const keys = await Promise.all(
            [left, right].map(async (one) => entryKey(await placeOf(names, one))),
          )
          const isSame = Buffer.compare(keys[0]!, keys[1]!) === 0
          expect(isSame).toBe(
            JSON.stringify([left.table, left.vaultId, left.zoneIndex ?? null, left.path]) ===
              JSON.stringify([right.table, right.vaultId, right.zoneIndex ?? null, right.path]),
          )
          expect(keys[0]!.length).toBeLessThan(1024)
        }),
        { numRuns: 500 },
      )
    },
  )

  it('of one vault and table lie in a range without any other', async () => {
    const names = new EntryNames(undefined)
    await fc.assert(
      fc.asyncProperty(address, address, async (left, right) => {
        const own = entryKey(await placeOf(names, left))
        const other = entryKey(await placeOf(names, right))
        const { gte, lt } = prefixRange(own.slice(0, 22))
        const isInside = Buffer.compare(other, gte) >= 0 && Buffer.compare(other, lt) < 0
        expect(isInside).toBe(left.table === right.table && left.vaultId === right.vaultId)
        const exact = pathRange(await placeOf(names, left), { below: false })
        expect(Buffer.compare(own, exact.gte) >= 0 && Buffer.compare(own, exact.lt) < 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('stored values', () => {
  it('are not taken for whole when any bit, their length or their key has changed', () => {
    const random = new SeededRandom(5)
    const key = random.bytes(40)
    const header = {
      isNegative: false,
      isCompressed: false,
      isPaged: false,
      parserVersion: 3,
      createdAt: 1e12,
      expiresAt: 2e12,
      rawLength: 50,
      fingerprint: random.bytes(8),
    }
    const value = encodeEntry(key, header, random.bytes(50))
    expect(decodeEntry(key, value)).toMatchObject({ header })
    for (let bit = 0; bit < value.length * 8; bit++) {
      const changed = Uint8Array.from(value)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(decodeEntry(key, changed)).toBeUndefined()
    }
    for (let length = 0; length < value.length; length++)
      expect(decodeEntry(key, value.slice(0, length))).toBeUndefined()
    const otherKey = Uint8Array.from(key)
    otherKey[39]! ^= 1
    expect(decodeEntry(otherKey, value)).toBeUndefined()
  })

  it('survive any damage of the database as misses', async () => {
    const random = new SeededRandom(6)
    for (let round = 0; round < 60; round++) {
      const database = lasting(memoryDatabase())
      const cache = await openCache({ database })
      for (let index = 0; index < 5; index++) {
        await cache.put('zones', zones(`v${index}`))
        await cache.put('directories', listing(`v${index}`, 'p', 40))
      }
      await cache.close()
      for await (const { key, value } of database.iterate({ gte: Uint8Array.of(1), lt: Uint8Array.of(5) })) {
        if (random.below(3) !== 0) continue
        const changed = Uint8Array.from(value).slice(
          0,
          random.below(4) === 0 ? random.below(value.length + 1) : undefined,
        )
        if (changed.length > 0) changed[random.below(changed.length)]! ^= 1 << random.below(8)
        await database.batch([
          random.below(5) === 0 ? { type: 'del', key } : { type: 'put', key, value: changed },
        ])
      }
      const again = await openCache({ database })
      for (let index = 0; index < 5; index++) {
        const found = await again.get('zones', { vaultId: `v${index}` })
        if (found !== undefined) expect(found).toEqual(zones(`v${index}`))
        const found2 = await again.get('directories', { vaultId: `v${index}`, path: 'p' })
        if (found2 !== undefined) expect(found2).toEqual(listing(`v${index}`, 'p', 40))
      }
      await again.invalidateAll()
      expect([await storedSum(database), (await again.stats()).diskBytes]).toEqual([0, 0])
    }
  })
})

describe('message bodies', () => {
  const value: fc.Arbitrary<PackValue> = fc.letrec<{ any: PackValue }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('any'), { maxLength: 20 }),
    ),
  })).any

  it('come back as they were', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(unpackMessage(packMessage(one))).toEqual(one)
      }),
      { numRuns: 500 },
    )
  })

  it('come back wherever their buffer had to grow', () => {
    for (let length = 0; length < 600; length++) {
      for (const filler of [7, 200, 60_000, 5_000_000, 2 ** 40, -1000, 0.5, 'x'.repeat(length)]) {
        const message = [...Array.from({ length: length % 300 }, () => 1), filler, [filler, filler], null]
        expect(unpackMessage(packMessage(message))).toEqual(message)
      }
    }
  })

  it('that are random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void unpackMessage(bytes)),
      { numRuns: 2000 },
    )
  })
})
