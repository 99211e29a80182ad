import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createStore, runForge, temporaryFolder } from './run-forge.ts'

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
}, 120_000)

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
