import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** Every file below a directory, with its content and its times: a store that is only read keeps them all. */
function fingerprint(path: string): ReadonlyMap<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()
  return new Map(
    names.map((name) => {
      const stats = lstatSync(join(path, name))
      const content = stats.isFile() ? readFileSync(join(path, name)) : ''
      const hash = createHash('sha256').update(content).digest('hex')
      return [name, `${stats.ino} ${stats.mtimeMs} ${stats.mode} ${hash}`]
    }),
  )
}

const views = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith('forge-view-')).length

async function filled(options: ForgeOptions): Promise<Forge> {
  const forge = await Forge.open(options)
  await forge.settings.set('ui.theme', 'dark')
  await forge.vault.set('db/password', 'hidden')
  await forge.logs.append(Array.from({ length: 200 }, (_, n) => ({ topic: 'app', message: `line ${n}` })))
  await forge.logs.compact()
  await forge.flush()
  await forge.events.append({ topic: 'orders', payload: { id: 7 } })
  return forge
}

async function expectReadable(path: string, options: ForgeOptions): Promise<void> {
  const before = fingerprint(path)
  const viewsBefore = views()
  const forge = await Forge.open({ ...options, path, readOnly: true })
  expect(forge.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'STORE_READ_ONLY' }] })
  expect(await forge.settings.get('ui.theme')).toBe('dark')
  expect((await forge.logs.search('line').toArray()).length).toBe(200)
  const orders = await forge.events.read({ topic: 'orders' }).toArray()
  expect(orders.map(({ payload }) => payload)).toEqual([{ id: 7 }])
  expect((await Array.fromAsync(forge.audit.query({ act: 'events.append' }))).length).toBe(1)
  const { ok, problems, notices } = await forge.verify()
  expect([ok, problems, notices.map(({ code }) => code)]).toEqual([true, [], ['STORE_READ_ONLY']])
  for (const write of [
    () => forge.settings.set('ui.theme', 'light'),
    () => forge.logs.append({ topic: 'app', message: 'no' }),
    () => forge.audit.checkpoint(),
    () => forge.keys.rotate(),
    // A reading that is told of by a commit.
    () => forge.vault.get('db/password'),
  ])
    await expect(write()).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
  await forge.close()
  expect(fingerprint(path)).toEqual(before)
  expect(views()).toBe(viewsBefore)
}

test('a store that is opened only to be read shows what is there, and no byte of it is changed', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 2 }
  const forge = await filled(options)
  // As a kill leaves it.
  const killed = join(folder.path, 'killed')
  cpSync(options.path, killed, { recursive: true })
  rmSync(join(killed, 'lock'))
  await expect(Forge.open({ ...options, readOnly: true })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await forge.close()
  await expectReadable(options.path, options)
  await expectReadable(killed, options)
  // Whatever was read, it is the store it was.
  const again = await Forge.open(options)
  expect([again.health().state, (await again.verify()).problems]).toEqual(['healthy', []])
  await again.close()
})

test('what cannot be opened is refused in the same words, and leaves no view', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await (await filled(options)).close()
  const before = views()
  const nowhere = join(folder.path, 'nowhere')
  await expect(Forge.open({ ...options, path: nowhere, readOnly: true })).rejects.toMatchObject({
    code: 'STORE_NOT_FOUND',
  })
  expect(existsSync(nowhere)).toBe(false)
  const wrong = { key: new Uint8Array(32).fill(6) }
  await expect(Forge.open({ ...options, secret: wrong, readOnly: true })).rejects.toMatchObject({
    code: 'KEY_SECRET_WRONG',
  })
  const acceptance = { reason: 'no' }
  for (const contradiction of [{ acceptRollback: acceptance }, { create: 'always' as const }])
    await expect(Forge.open({ ...options, ...contradiction, readOnly: true })).rejects.toMatchObject({
      code: 'STORE_OPTION_INVALID',
    })
  writeFileSync(join(options.path, 'FORGE'), 'x')
  await expect(Forge.open({ ...options, readOnly: true })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  expect(views()).toBe(before)
})
