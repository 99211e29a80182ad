import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Forge } from '@forgeone/storage-manager'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, openByPassphrase, SECRET, temporaryFolder } from './run-forge.ts'

openByPassphrase()

test('an image is taken, opened, verified, kept its keys, and made a store of its own from the command line', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const run = (...words: string[]): ReturnType<typeof runForge> => runForge(words, { cwd })
  expect((await run('settings', 'set', 'ui.theme', 'dark', '--data', 'data')).code).toBe(0)
  const taken = await run('checkpoint', 'monday', '--data', 'data', '--json')
  expect(taken.code).toBe(0)
  const { id, sequence } = JSON.parse(taken.stdout)
  for (const name of ['keyring', 'keyring.copy', 'keys'])
    if (existsSync(join(cwd, 'data', name)))
      cpSync(join(cwd, 'data', name), join(cwd, 'monday', name), { recursive: true })
  const read = await run('settings', 'get', 'ui.theme', '--data', 'monday')
  expect(read.stdout).toContain('dark')
  const refused = await run('settings', 'set', 'ui.theme', 'light', '--data', 'monday')
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('STORE_IS_IMAGE')])
  const verified = await run('verify', '--data', 'monday', '--json')
  expect(verified.code).toBe(0)
  expect(JSON.parse(verified.stdout).notices).toMatchObject([{ code: 'STORE_IS_IMAGE' }])
  const rotated = JSON.parse((await run('keys', 'rotate', '--destroy', '--data', 'data', '--json')).stdout)
  expect(rotated.destroyed).toEqual([])
  const listed = JSON.parse((await run('checkpoint', '--list', '--data', 'data', '--json')).stdout)
  expect(listed).toMatchObject([{ id, directory: join(cwd, 'monday') }])
  const accepted = await run('audit', 'accept-rollback', '--reason', 'a copy for tests', '--data', 'monday')
  expect(accepted.code).toBe(0)
  expect((await run('settings', 'set', 'ui.theme', 'light', '--data', 'monday')).code).toBe(0)
  expect((await run('verify', '--data', 'monday')).code).toBe(0)
  expect((await run('checkpoint', '--forget', id, '--data', 'data')).code).toBe(0)
  expect((await run('checkpoint', '--forget', id, '--data', 'data')).code).toBe(3)
  expect(sequence).toBeGreaterThan(0)
})

test('a place that is taken, two things at once and nothing at all are refused', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const code = async (...words: string[]): Promise<number | null> =>
    (await runForge(['checkpoint', ...words, '--data', 'data'], { cwd })).code
  expect(await code()).toBe(2)
  expect(await code('monday', '--list')).toBe(2)
  expect(await code('data')).toBe(1)
  expect(
    JSON.parse((await runForge(['checkpoint', '--list', '--data', 'data', '--json'], { cwd })).stdout),
  ).toEqual([])
})

test('an image is listed as it says itself, forgotten by the first digits of its id, and said to share what it shares', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const run = (...words: string[]): ReturnType<typeof runForge> =>
    runForge(['checkpoint', ...words, '--data', 'data'], { cwd })
  const taken = JSON.parse((await run('monday', '--json')).stdout)
  const listed = JSON.parse((await run('--list', '--json')).stdout)
  expect(listed).toEqual([
    { id: taken.id, directory: join(cwd, 'monday'), sequence: taken.sequence, time: taken.time },
  ])
  const second = await run('tuesday')
  expect(second.stderr).toContain('It shares the disk space of its tables with the store')
  expect([(await run('--forget', '5e')).code, (await run('--forget', 'zzzz')).code]).toEqual([2, 3])
  expect((await run('--forget', taken.id.slice(0, 12).toUpperCase())).code).toBe(0)
  expect((await run('--forget', taken.id.slice(0, 12))).code).toBe(3)
  expect(JSON.parse((await run('--list', '--json')).stdout)).toHaveLength(1)
})

test('an id that several images begin with is not guessed', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  // Ids that begin alike, as random ones seldom do.
  let next = 0
  const random = {
    bytes: (length: number) => new Uint8Array(length).fill(++next).fill(0x5e, 0, 4),
    below: () => 0,
  }
  const forge = await Forge.open({ path: join(cwd, 'data'), secret: SECRET, random })
  for (const name of ['one', 'two']) await forge.checkpoint(join(cwd, name))
  await forge.close()
  const forget = (id: string): ReturnType<typeof runForge> =>
    runForge(['checkpoint', '--forget', id, '--data', 'data'], { cwd })
  const refused = await forget('5e5e5e5e')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('[USAGE]')])
  expect(refused.stderr).toContain('2 images')
})

test('init with a passphrase that is refused leaves nothing behind', async () => {
  await using folder = await temporaryFolder()
  const refused = await runForge(['init', 'deep/data'], {
    cwd: folder.path,
    env: { FORGE_SECRET: 'password1234' },
  })
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('KEY_SECRET_WEAK')])
  expect(existsSync(join(folder.path, 'deep'))).toBe(false)
})
