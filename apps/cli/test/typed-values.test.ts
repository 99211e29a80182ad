import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JsonValue } from '@forgeone/common'
import { settingValue } from '../src/commands/settings/setting-value.ts'
import { runForgeHere as runForge } from './forge-here.ts'
import { temporaryFolder } from './run-forge.ts'

/** What is typed, and what is stored. */
const SETTINGS: readonly [string, JsonValue][] = [
  ['1.10', '1.10'],
  ['1e3', '1e3'],
  ['1.0', '1.0'],
  ['-0', '-0'],
  ['007', '007'],
  [' 5', 5],
  ['5', 5],
  ['-5.25', -5.25],
  ['9007199254740992', 9007199254740992],
  ['1e+21', 1e21],
  ['dark', 'dark'],
  ['true', true],
  ['null', null],
  ['"5"', '5'],
  ['{"v":1.10}', { v: 1.1 }],
  ['[1,2]', [1, 2]],
  ['{"a":', '{"a":'],
]
const REFUSED = [
  '12345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
  '{"a":1,"a":2}',
  '{"id":9007199254740993}',
  '[1e400]',
]

test('a setting is what its user typed, or refused', () => {
  for (const [typed, stored] of SETTINGS) expect(settingValue(typed), typed).toEqual(stored)
  for (const typed of REFUSED)
    expect(() => settingValue(typed), typed).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }))
})

test('the command line says what a setting was taken for, and changes no number of an event', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  const run = (...words: string[]): ReturnType<typeof runForge> =>
    runForge([...words, '--data', 'data', '--key-file', 'key'], { cwd })
  expect((await run('init')).code).toBe(0)
  const release = await run('settings', 'set', 'release', '1.10')
  expect([release.code, release.stdout + release.stderr]).toEqual([
    0,
    expect.stringContaining('release is set to a text'),
  ])
  expect((await run('settings', 'get', 'release')).stdout).toContain('1.10')
  const account = await run('settings', 'set', 'account', '12345678901234567890')
  expect([account.code, account.stderr]).toEqual([2, expect.stringContaining('--text')])
  const text = await run('settings', 'set', 'account', '12345678901234567890', '--text')
  expect(text.code).toBe(0)
  for (const words of [['{"id":9007199254740993}'], ['1e400'], ['1', '--metadata', '{"a":1,"a":2}']]) {
    const { code, stderr } = await run('events', 'append', 'orders', ...words)
    expect([code, stderr], words.join(' ')).toEqual([2, expect.stringContaining('STREAM_VALUE_INVALID')])
  }
})
