// Whoever can write `keys/` of a closed store, without any secret.

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ForgeError, toHex, utf8Decode } from '@forgeone/common'
import { ClassicBackend } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

type Edit = (
  rows: ReadonlyMap<string, Uint8Array>,
) => readonly { type: 'put' | 'del'; key: string; value?: Uint8Array }[]

async function editKeys(path: string, edit: Edit): Promise<number> {
  const level = await new ClassicBackend(path).open('keys', { create: false })
  const rows = new Map<string, Uint8Array>()
  for (const [key, value] of await level.iterator().all()) rows.set(toHex(key), value)
  const edits = edit(rows)
  await level.batch(
    edits.map(({ type, key, value }) => ({
      type,
      key: new Uint8Array(Buffer.from(key, 'hex')),
      value: value ?? new Uint8Array(0),
    })),
  )
  await level.close()
  return edits.length
}

const ATTACKS: Readonly<Record<string, Edit>> = {
  'every row of an owner taken out': (rows) => deleted(rows, '6f'),
  'the keys themselves taken out': (rows) => deleted(rows, '6b'),
  'the register of erasures taken out': (rows) => deleted(rows, '65'),
  'the ledger taken out': (rows) => deleted(rows, '73'),
  'everything taken out': (rows) => deleted(rows, ''),
  'a finished erasure put in': (rows) => {
    const [, value] = [...rows].find(([key]) => key.startsWith('65'))!
    return [{ type: 'put', key: `65${'12'.repeat(16)}`, value }]
  },
}

function deleted(rows: ReadonlyMap<string, Uint8Array>, kind: string): { type: 'del'; key: string }[] {
  return [...rows.keys()].filter((key) => key.startsWith(kind)).map((key) => ({ type: 'del', key }))
}

for (const [name, edit] of Object.entries(ATTACKS)) {
  test(`${name} of a closed store shows when it is opened and verified, and nothing is certified`, async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    const first = await Forge.open({ path, secret: SECRET, shardCount: 1 })
    const sealed = await first.subjects.seal('ann', 'x')
    await first.subjects.seal('bob', 'y')
    await first.subjects.erase('bob')
    await first.vault.set('s', 'secret')
    expect((await first.verify()).ok).toBe(true)
    await first.close()
    expect(await editKeys(path, edit)).toBeGreaterThan(0)
    const forge = await Forge.open({ path, secret: SECRET, shardCount: 1 })
    expect(forge.health().state).toBe('degraded')
    const code = forge.health().reasons[0]?.code
    expect(['SHRED_KEYS_TAMPERED', 'DATABASE_DAMAGED']).toContain(code)
    const { ok, problems } = await forge.verify()
    expect([ok, problems.map((problem) => problem.where)]).toEqual([false, ['keys']])
    expect(await codeOf(forge.subjects.erase('ann'))).toBe(code)
    expect(await codeOf(forge.subjects.seal('cay', 'z'))).toBe(code)
    // What is there is still given, and of what is not nobody says that it was destroyed on purpose.
    expect(await codeOf(forge.subjects.open(sealed))).not.toBe('CRYPTO_KEY_DESTROYED')
    expect(await codeOf(forge.vault.get('s'))).not.toBe('CRYPTO_KEY_DESTROYED')
    await forge.settings.set('other', 1)
    await forge.close()
  })
}

test('keys of before, put back alone, show; somebody who says why goes on with them', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const options = { path, secret: SECRET, shardCount: 1 }
  let forge = await Forge.open(options)
  const sealed = await forge.subjects.seal('ann', 'x')
  await forge.close()
  cpSync(join(path, 'keys'), join(folder.path, 'keys'), { recursive: true })
  forge = await Forge.open(options)
  await forge.subjects.seal('bob', 'y')
  await forge.close()
  rmSync(join(path, 'keys'), { recursive: true })
  cpSync(join(folder.path, 'keys'), join(path, 'keys'), { recursive: true })
  forge = await Forge.open(options)
  expect(forge.health().reasons[0]?.code).toBe('SHRED_KEYS_TAMPERED')
  expect(await codeOf(forge.subjects.erase('bob'))).toBe('SHRED_KEYS_TAMPERED')
  expect(utf8Decode(await forge.subjects.open(sealed))).toBe('x')
  await forge.close()
  forge = await Forge.open({ ...options, acceptRestoredKeyring: { reason: 'the copy of the safe' } })
  expect(forge.health().state).toBe('healthy')
  await forge.subjects.erase('ann')
  await forge.close()
  forge = await Forge.open(options)
  expect([forge.health().state, (await forge.verify()).ok]).toEqual(['healthy', true])
  await forge.close()
})

for (const [name, edit] of Object.entries(ATTACKS)) {
  test(`${name} of an image shows when it is opened and verified, as in its store`, async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    const image = join(folder.path, 'image')
    const store = await Forge.open({ path, secret: SECRET, shardCount: 1 })
    await store.subjects.seal('ann', 'x')
    await store.subjects.seal('bob', 'y')
    await store.subjects.erase('bob')
    await store.checkpoint(image)
    await store.close()
    for (const part of ['keyring', 'keyring.copy', 'keys'])
      cpSync(join(path, part), join(image, part), { recursive: true })
    const codes = async (): Promise<readonly [readonly string[], readonly string[]]> => {
      const forge = await Forge.open({ path: image, secret: SECRET, create: 'never' })
      const found = forge.health().reasons.map(({ code }) => code)
      const { problems } = await forge.verify()
      expect(forge.health().state).toBe('readonly')
      await forge.close()
      return [found.filter((code) => code !== 'STORE_IS_IMAGE'), problems.map(({ where }) => where)]
    }
    expect(await codes()).toEqual([[], []])
    expect(await editKeys(image, edit)).toBeGreaterThan(0)
    const [found, where] = await codes()
    expect(found.length).toBe(1)
    expect(['SHRED_KEYS_TAMPERED', 'DATABASE_DAMAGED']).toContain(found[0])
    expect(where).toEqual(['keys'])
  })
}
