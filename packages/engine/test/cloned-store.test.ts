import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore } from '../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-clone-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEADER_BYTES = 6
const NONCE_BYTES = 12

function open(name: string): Promise<LocalStore> {
  return LocalStore.open({ path: join(folder, name), databases: DATABASES, provider: testProvider() })
}

async function write(store: LocalStore, label: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const operations = Array.from({ length: 100 }, (_, index) =>
      put('alpha', `${label}.${round}.${index}`, 'value'),
    )
    await store.commit(() => ({ facts: FACTS, operations }))
  }
  await store.flush()
}

/** Key id and nonce of every stored value, with the value they belong to. */
async function noncesOf(store: LocalStore): Promise<Map<string, string>> {
  const nonces = new Map<string, string>()
  for await (const page of store.parts.online.get('alpha')!.sealedPages({})) {
    for (const { value } of page)
      nonces.set(toHex(value.subarray(2, HEADER_BYTES + NONCE_BYTES)), toHex(value))
  }
  return nonces
}

test('two copies of a store that both go on writing share no nonce', async () => {
  const first = await open('original')
  await write(first, 'before')
  await first.close()
  cpSync(join(folder, 'original'), join(folder, 'clone'), { recursive: true })
  const [one, other] = [await open('original'), await open('clone')]
  await write(one, 'one')
  await write(other, 'other')
  const [left, right] = [await noncesOf(one), await noncesOf(other)]
  expect([left.size, right.size]).toEqual([4000, 4000])
  // What both have is what was there before they parted, byte for byte.
  const shared = [...left.keys()].filter((nonce) => right.has(nonce))
  expect(shared).toHaveLength(2000)
  expect(shared.every((nonce) => left.get(nonce) === right.get(nonce))).toBe(true)
  await one.close()
  await other.close()
})

test('a row of one store put into another, under the same key and secret, does not open', async () => {
  const [one, other] = [await open('first'), await open('second')]
  await one.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'of the first')] }))
  await other.commit(() => ({
    facts: FACTS,
    operations: [put('alpha', 'k', 'of the second'), put('beta', 'k', 'b')],
  }))
  await one.flush()
  await other.flush()
  const key = new TextEncoder().encode('k')
  const foreign = one.parts.online.get('alpha')!.level.getSync(key)!
  await other.parts.online.get('alpha')!.level.put(key, foreign)
  await expect(other.get('alpha', key)).rejects.toMatchObject({ code: 'RECORD_TAMPERED' })
  // Nor does one of another database of the same store.
  const moved = other.parts.online.get('beta')!.level.getSync(key)!
  await other.parts.online.get('alpha')!.level.put(key, moved)
  await expect(other.get('alpha', key)).rejects.toMatchObject({ code: 'RECORD_TAMPERED' })
  await one.close()
  await other.close()
})
