import { expect, test } from 'vitest'
import type { ShredKeys } from '../src/index.ts'
import { bytes, codeOfAsync, create, MemoryKeyringFile, reopen } from './fixtures.ts'
import { MemoryShredStore } from './memory-shred-store.ts'

const PLACE = [bytes('subject'), bytes('value')]

/** Gives way at every read and write, for so many turns, as a disk does. */
class SlowShredStore extends MemoryShredStore {
  override async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const found = await super.get(key)
    // After the look: the caller goes on with what is stale by then.
    await turns(5)
    return found
  }

  override async write(rows: Parameters<MemoryShredStore['write']>[0]): Promise<void> {
    await turns(3)
    await super.write(rows)
    await turns(3)
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('readers beside an erasure open nothing once it has settled', async () => {
  const file = new MemoryKeyringFile()
  const store = new SlowShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  for (let round = 0; round < 10; round++) {
    const ref = await keys.create('ann')
    const sealed = await keys.seal(ref, { place: PLACE, value: bytes('ann') })
    // From the disk, as after a start.
    if (round % 2 === 0) keys.lock()
    const over = new AbortController()
    const readers = Array.from({ length: 4 }, async (_, reader) => {
      await turns(reader)
      while (!over.signal.aborted) {
        await codeOfAsync(() => keys.open({ place: PLACE, sealed }))
        // A refusal takes no turn of the loop.
        await turns(1)
      }
    })
    await turns(round)
    await keys.erase({ owner: 'ann' })
    const last = codeOfAsync(() => keys.open({ place: PLACE, sealed }))
    await turns(20)
    over.abort()
    await Promise.all(readers)
    expect(await last).toBe('CRYPTO_KEY_DESTROYED')
    expect(await codeOfAsync(() => keys.open({ place: PLACE, sealed }))).toBe('CRYPTO_KEY_DESTROYED')
  }
})

test('what is sealed beside an erasure is refused, or opens now and after reopening alike', async () => {
  const file = new MemoryKeyringFile()
  const store = new SlowShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  const [sealed, refused]: [Uint8Array[], string[]] = [[], []]
  const seal = async (): Promise<void> => {
    const [ref = await keys.create('ann')] = await keys.ofOwner('ann')
    // Time enough for the key to be erased in between.
    await turns(4)
    const code = await codeOfAsync(async () => {
      sealed.push(await keys.seal(ref, { place: PLACE, value: bytes('x') }))
    })
    if (code !== 'nothing') refused.push(code)
  }
  const over = new AbortController()
  const sealers = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      await seal()
      await turns(1)
    }
  })
  for (let round = 0; round < 10; round++) {
    await turns(round * 3)
    await keys.erase({ owner: 'ann' })
  }
  over.abort()
  await Promise.all(sealers)
  expect(new Set(refused)).toEqual(new Set(['CRYPTO_KEY_DESTROYED']))
  const outcomes = async (of: ShredKeys): Promise<string[]> => {
    const codes: string[] = []
    for (const each of sealed) codes.push(await codeOfAsync(() => of.open({ place: PLACE, sealed: each })))
    return codes
  }
  const now = await outcomes(keys)
  expect(await outcomes(await (await reopen({ file })).openShredKeys(store))).toEqual(now)
})

test('an erasure that could not be written refuses the key until it is known whether it was', async () => {
  const store = new MemoryShredStore()
  const keys = await (await create()).openShredKeys(store)
  const ref = await keys.create('ann')
  const sealed = await keys.seal(ref, { place: PLACE, value: bytes('x') })
  store.writesLeft = 0
  const id = new Uint8Array(16).fill(4)
  expect(await codeOfAsync(() => keys.erase({ owner: 'ann' }, { id }))).not.toBe('nothing')
  store.writesLeft = Number.POSITIVE_INFINITY
  expect(await codeOfAsync(() => keys.seal(ref, { place: PLACE, value: bytes('y') }))).toBe(
    'CRYPTO_KEY_DESTROYED',
  )
  expect(await keys.erase({ owner: 'ann' }, { id })).toMatchObject({ shredKeys: 1 })
  expect(await codeOfAsync(() => keys.open({ place: PLACE, sealed }))).toBe('CRYPTO_KEY_DESTROYED')
})

test('a key that is wiped between its finding and its use is found again: nothing is sealed under zeros', async () => {
  const file = new MemoryKeyringFile()
  const store = new SlowShredStore()
  const keys = await (await create({ file })).openShredKeys(store)
  const ref = await keys.create('ann')
  for (let waits = 0; waits < 12; waits++) {
    if (waits % 3 === 0) keys.lock()
    const sealing = keys.seal(ref, { place: PLACE, value: bytes('x') })
    for (let turn = 0; turn < waits; turn++) {
      await Promise.resolve()
      keys.lock()
    }
    keys.lock()
    const sealed = await sealing
    const again = await (await reopen({ file })).openShredKeys(store)
    expect(await again.open({ place: PLACE, sealed })).toEqual(bytes('x'))
  }
})
