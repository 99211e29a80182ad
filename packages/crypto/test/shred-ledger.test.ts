// Whoever can write `keys/` without knowing a secret: what was done to the rows is noticed, and never acted upon.

import { fromHex, toHex } from '@forgeone/common'
import { expect, test } from 'vitest'
import type { ShredKeys } from '../src/index.ts'
import { bytes, codeOfAsync, create, MemoryKeyringFile, reopen } from './fixtures.ts'
import { MemoryShredStore } from './memory-shred-store.ts'

const PLACE = [bytes('subject'), bytes('value')]
const KINDS = { erasure: '65', key: '6b', owner: '6f', ledger: '73' }

interface Written {
  readonly file: MemoryKeyringFile
  readonly store: MemoryShredStore
  readonly sealed: Readonly<Record<string, Uint8Array>>
}

async function written(): Promise<Written> {
  const file = new MemoryKeyringFile()
  const store = new MemoryShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  const sealed: Record<string, Uint8Array> = {}
  for (const owner of ['ann', 'bob', 'cay']) {
    const ref = await keys.create(owner)
    sealed[owner] = await keys.seal(ref, { place: PLACE, value: bytes(owner) })
  }
  await keys.erase({ owner: 'cay' })
  return { file, store, sealed }
}

async function openKeys({ file, store }: Written): Promise<ShredKeys> {
  return await (await reopen({ file })).openShredKeys(store)
}

/** Nothing is created, erased or concluded; what is there opens. */
async function expectDistrusted(keys: ShredKeys): Promise<void> {
  expect(keys.fault?.code).toBe('SHRED_KEYS_TAMPERED')
  for (const attempt of [
    () => keys.create('dan'),
    () => keys.ofOwner('ann'),
    () => keys.erase({ owner: 'ann' }),
    () => keys.erase([new Uint8Array(16)]),
    () => keys.discard(new Uint8Array(16), 'ann'),
  ])
    expect(await codeOfAsync(attempt)).toBe('SHRED_KEYS_TAMPERED')
}

function rowsOf(store: MemoryShredStore, kind: string): string[] {
  return [...store.rows.keys()].filter((key) => key.startsWith(kind))
}

test('rows that nobody touched are trusted, over creating, discarding, erasing and reopening', async () => {
  const at = await written()
  for (let round = 0; round < 3; round++) {
    const keys = await openKeys(at)
    expect(keys.fault).toBeUndefined()
    expect(await keys.check()).toBeUndefined()
    await keys.discard(await keys.create('never used'), 'never used')
    expect(await keys.check()).toBeUndefined()
  }
})

for (const [name, kind] of Object.entries(KINDS)) {
  test(`a row of kind ${name} that was taken out is noticed`, async () => {
    const at = await written()
    for (const key of rowsOf(at.store, kind)) {
      const store = at.store.copy()
      store.rows.delete(key)
      const keys = await openKeys({ ...at, store })
      await expectDistrusted(keys)
      expect((await keys.check())?.code).toBe('SHRED_KEYS_TAMPERED')
      const codes: string[] = []
      for (const owner of ['ann', 'bob', 'cay'])
        codes.push(await codeOfAsync(() => keys.open({ place: PLACE, sealed: at.sealed[owner]! })))
      // A key that somebody took out was not destroyed on purpose, and nobody is told so.
      expect(codes).not.toContain('CRYPTO_KEY_DESTROYED')
      expect(codes.filter((code) => code === 'nothing')).toHaveLength(kind === KINDS.key ? 1 : 2)
    }
  })
}

test('a row that was put in or changed is noticed, whatever its kind', async () => {
  const at = await written()
  const [owner] = rowsOf(at.store, KINDS.owner)
  const [erasure] = rowsOf(at.store, KINDS.erasure)
  const plants: [string, Uint8Array][] = [
    [`${owner!.slice(0, -2)}ff`, new Uint8Array(0)],
    [`65${'ab'.repeat(16)}`, at.store.rows.get(erasure!)!],
    [erasure!, Uint8Array.from(at.store.rows.get(erasure!)!.with(3, 1))],
    [owner!, bytes('x')],
    [`6b${'cd'.repeat(16)}`, new Uint8Array(66)],
    ['7878', bytes('of another kind')],
    ['73', Uint8Array.from(at.store.rows.get('73')!.with(8, 200))],
  ]
  for (const [key, value] of plants) {
    const store = at.store.copy()
    store.rows.set(key, value)
    await expectDistrusted(await openKeys({ ...at, store }))
  }
})

test('an unfinished erasure that somebody planted erases nothing', async () => {
  const at = await written()
  const [finished] = rowsOf(at.store, KINDS.erasure)
  const row = Buffer.from(at.store.rows.get(finished!)!)
  const victims = rowsOf(at.store, KINDS.key).map((key) => fromHex(key.slice(2))!)
  // version u8 | begun u48 | done u48 | lp(owner) | count varint | refs | bucket keys.
  const planted = Buffer.concat([
    row.subarray(0, 7),
    Buffer.alloc(6),
    Buffer.alloc(4),
    Buffer.from([victims.length]),
    ...victims,
    Buffer.from([0]),
  ])
  at.store.rows.set(`65${'11'.repeat(16)}`, new Uint8Array(planted))
  const keys = await openKeys(at)
  await expectDistrusted(keys)
  for (const owner of ['ann', 'bob'])
    expect(await keys.open({ place: PLACE, sealed: at.sealed[owner]! })).toEqual(bytes(owner))
  expect(rowsOf(at.store, KINDS.key)).toHaveLength(victims.length)
  // Whoever accepts the rows does not accept what was never finished.
  await keys.accept(0)
  expect(keys.fault).toBeUndefined()
  const again = await openKeys(at)
  expect(again.fault).toBeUndefined()
  expect(await again.open({ place: PLACE, sealed: at.sealed['ann']! })).toEqual(bytes('ann'))
})

test('rows of before, put back whole, are noticed by who was told of a later generation', async () => {
  const at = await written()
  const before = at.store.copy()
  const keys = await openKeys(at)
  await keys.create('dan')
  const { generation } = keys
  const older = await openKeys({ ...at, store: before })
  older.requireGeneration(generation)
  await expectDistrusted(older)
  await older.accept(generation)
  const again = await openKeys({ ...at, store: before })
  again.requireGeneration(generation + 1)
  expect(again.fault).toBeUndefined()
})

test('a change that was cut at any write leaves rows that are trusted', async () => {
  for (let cutAt = 0; cutAt < 6; cutAt++) {
    const at = await written()
    const keys = await openKeys(at)
    at.store.writesLeft = cutAt
    await codeOfAsync(async () => {
      const ref = await keys.create('dan')
      await keys.discard(ref, 'dan')
      await keys.erase({ owner: 'bob' })
    })
    at.store.writesLeft = Number.POSITIVE_INFINITY
    expect((await openKeys(at)).fault).toBeUndefined()
    // The one that met the failure goes on too: it asks the store which of the two came to be.
    await keys.create('eve')
    expect(await keys.check()).toBeUndefined()
    expect(toHex(at.store.rows.get('73')!)).not.toBe('')
  }
})
