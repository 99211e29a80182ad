import { expect, test } from 'vitest'
import type { Keyring, ShredKeys } from '../src/index.ts'
import { bytes, codeOfAsync, create, MemoryKeyringFile, reopen } from './fixtures.ts'
import { MemoryShredStore } from './memory-shred-store.ts'

const PLACE = [bytes('vault'), bytes('v'), bytes('key')]

interface Sealed {
  readonly owner: string
  readonly ref: Uint8Array
  readonly value: Uint8Array
}

async function sealFor(keys: ShredKeys, owners: readonly string[]): Promise<Sealed[]> {
  const made: Sealed[] = []
  for (const owner of owners) {
    const ref = await keys.create(owner)
    made.push({ owner, ref, value: await keys.seal(ref, { place: PLACE, value: bytes(`of ${owner}`) }) })
  }
  return made
}

async function expectReadable(keys: ShredKeys, sealed: readonly Sealed[]): Promise<void> {
  for (const { owner, value } of sealed) {
    expect(await keys.open({ place: PLACE, sealed: value })).toEqual(bytes(`of ${owner}`))
  }
}

const OWNERS = Array.from({ length: 600 }, (_, index) => `subject ${index % 200}`)

test('values open only at their place and under their own key', async () => {
  const keys = await (await create()).openShredKeys(new MemoryShredStore())
  const [one, two] = await sealFor(keys, ['a', 'b'])
  await expectReadable(keys, [one!, two!])
  const moved = [bytes('vault'), bytes('v'), bytes('kex')]
  expect(await codeOfAsync(() => keys.open({ place: moved, sealed: one!.value }))).toBe('CRYPTO_OPEN_FAILED')
  const otherParts = [bytes('vaultv'), bytes(''), bytes('key')]
  expect(await codeOfAsync(() => keys.open({ place: otherParts, sealed: one!.value }))).toBe(
    'CRYPTO_OPEN_FAILED',
  )
  const mixed = one!.value.slice()
  mixed.set(two!.ref, 2)
  expect(await codeOfAsync(() => keys.open({ place: PLACE, sealed: mixed }))).toBe('CRYPTO_OPEN_FAILED')
  for (let length = 0; length < one!.value.length; length++) {
    const code = await codeOfAsync(() => keys.open({ place: PLACE, sealed: one!.value.subarray(0, length) }))
    expect(['CRYPTO_FORMAT', 'CRYPTO_OPEN_FAILED']).toContain(code)
  }
  for (let bit = 0; bit < one!.value.length * 8; bit += 3) {
    const flipped = one!.value.slice()
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const code = await codeOfAsync(() => keys.open({ place: PLACE, sealed: flipped }))
    expect(['CRYPTO_FORMAT', 'CRYPTO_OPEN_FAILED', 'CRYPTO_KEY_DESTROYED', 'KEYRING_DAMAGED']).toContain(code)
  }
})

test('erasing a subject leaves the others readable, over reopening and the rotation of the master key', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const store = new MemoryShredStore()
  const keys = await keyring.openShredKeys(store)
  const sealed = await sealFor(keys, OWNERS)
  const refs = await keys.ofOwner('subject 7')
  expect(refs).toHaveLength(3)
  const record = await keys.erase({ owner: 'subject 7' })
  expect(record).toMatchObject({ shredKeys: 3 })
  expect(record.bucketKeysDestroyed.length).toBeGreaterThan(0)
  expect(store.purges).toBe(record.bucketKeysDestroyed.length)
  const again = await (await reopen({ file })).openShredKeys(store)
  for (const each of [keys, again]) {
    await expectReadable(
      each,
      sealed.filter(({ owner }) => owner !== 'subject 7'),
    )
    for (const { value } of sealed.filter(({ owner }) => owner === 'subject 7')) {
      expect(await codeOfAsync(() => each.open({ place: PLACE, sealed: value }))).toBe('CRYPTO_KEY_DESTROYED')
    }
    expect(await each.ofOwner('subject 7')).toEqual([])
  }
})

test('an older copy of the shred store gives nothing back once its bucket key is gone', async () => {
  const file = new MemoryKeyringFile()
  const store = new MemoryShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  const [target] = await sealFor(keys, ['victim'])
  const before = store.copy()
  await keys.erase([target!.ref])
  const restored = await (await reopen({ file })).openShredKeys(before)
  const opening = codeOfAsync(() => restored.open({ place: PLACE, sealed: target!.value }))
  expect(await opening).toBe('KEYRING_DAMAGED')
})

test('an erasure cut at any write of the store or the keyring is finished at the next opening', async () => {
  let cuts = 0
  for (let cutAt = 0; ; cutAt++) {
    const file = new MemoryKeyringFile()
    const store = new MemoryShredStore()
    const keys = await (await create({ file })).openShredKeys(store)
    const sealed = await sealFor(keys, OWNERS.slice(0, 40))
    const victims = sealed.slice(0, 3)
    const replace = file.replaceSync.bind(file)
    store.writesLeft = cutAt
    file.replaceSync = (content) => {
      if (store.writesLeft-- <= 0) throw new Error('the power is gone')
      replace(content)
    }
    const finished = await keys.erase(victims.map(({ ref }) => ref)).then(
      () => true,
      () => false,
    )
    file.replaceSync = replace
    store.writesLeft = Number.POSITIVE_INFINITY
    const keyring: Keyring = await reopen({ file })
    const again = await keyring.openShredKeys(store)
    await expectReadable(again, sealed.slice(3))
    const records = await Array.fromAsync(again.erasures())
    // Before the first write nothing was promised; after it the erasure is finished whatever happens.
    if (cutAt > 0) expect(records).toMatchObject([{ shredKeys: 3, doneMs: expect.any(Number) }])
    for (const { value } of cutAt > 0 ? victims : []) {
      expect(await codeOfAsync(() => again.open({ place: PLACE, sealed: value }))).toBe(
        'CRYPTO_KEY_DESTROYED',
      )
    }
    cuts++
    if (finished) break
  }
  expect(cuts).toBeGreaterThan(8)
})

test('the same erasure asked for twice is done once', async () => {
  const store = new MemoryShredStore()
  const keys = await (await create()).openShredKeys(store)
  const [target] = await sealFor(keys, ['victim'])
  const id = new Uint8Array(16).fill(3)
  const first = await keys.erase([target!.ref], { id })
  const { purges } = store
  expect(await keys.erase([target!.ref], { id })).toEqual(first)
  expect(store.purges).toBe(purges)
})

test('who only reads finishes no erasure that was cut short, changes nothing, and opens nothing of it', async () => {
  const file = new MemoryKeyringFile()
  const store = new MemoryShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  const [gone, kept] = await sealFor(keys, ['gone', 'kept'])
  // The row of the erasure is the first write of it.
  store.writesLeft = 1
  expect(
    await keys.erase([gone!.ref]).then(
      () => true,
      () => false,
    ),
  ).toBe(false)
  store.writesLeft = Number.POSITIVE_INFINITY
  const before = new Map(store.rows)
  const reading = await (await reopen({ file })).openShredKeys(store, { finishErasures: false })
  expect(await codeOfAsync(() => reading.open({ place: PLACE, sealed: gone!.value }))).toBe(
    'CRYPTO_KEY_DESTROYED',
  )
  await expectReadable(reading, [kept!])
  expect(new Map(store.rows)).toEqual(before)
  const finishing = await (await reopen({ file })).openShredKeys(store)
  expect(await finishing.has(gone!.ref)).toBe(false)
  await expectReadable(finishing, [kept!])
})
