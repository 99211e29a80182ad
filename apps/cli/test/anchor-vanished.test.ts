import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { temporaryFolder } from './run-forge.ts'

test('an anchor file that vanished fails doctor, and begins anew only when told so', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  mkdirSync(join(cwd, 'disk'))
  const file = join(cwd, 'disk', 'anchor')
  const env = { FORGE_ANCHOR: file }
  const store = ['--data', 'data', '--key-file', 'key']
  const run = async (...words: readonly string[]): Promise<readonly [number | null, string]> => {
    const { code, stdout, stderr } = await runForge([...words, ...store], { cwd, env })
    return [code, /AUDIT_ANCHOR_[A-Z]+|USAGE/.exec(stdout + stderr)?.[0] ?? '']
  }
  expect(await run('init', 'data')).toEqual([0, ''])
  expect(await run('settings', 'set', 'a', '1')).toEqual([0, ''])
  expect(await run('doctor')).toEqual([0, ''])
  rmSync(join(cwd, 'disk'), { recursive: true })
  // The command is done, and its note says what is missing.
  expect(await run('settings', 'set', 'a', '2')).toEqual([0, 'AUDIT_ANCHOR_EMPTY'])
  mkdirSync(join(cwd, 'disk'))
  expect(await run('settings', 'set', 'a', '3')).toEqual([0, 'AUDIT_ANCHOR_EMPTY'])
  expect(await run('doctor')).toEqual([1, 'AUDIT_ANCHOR_EMPTY'])
  expect(await run('audit', 'anchor', '--file', file)).toEqual([1, 'AUDIT_ANCHOR_EMPTY'])
  expect(existsSync(file)).toBe(false)
  expect(await run('audit', 'anchor', '--new')).toEqual([2, 'USAGE'])
  expect(await run('audit', 'anchor', '--file', file, '--new')).toEqual([0, ''])
  expect(readFileSync(file, 'utf8')).not.toBe('')
  expect(await run('settings', 'set', 'a', '4')).toEqual([0, ''])
  expect(await run('doctor')).toEqual([0, ''])
})
