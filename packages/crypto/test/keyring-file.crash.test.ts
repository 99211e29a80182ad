import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyringFileIn } from '../src/index.ts'
import { bytes, codeOfAsync, create, reopen } from './fixtures.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'forge-keyring-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => path.join(folder, name)

test('both copies are written, for the owner only, and nothing else is left', async () => {
  const keyring = await create({ file: keyringFileIn(folder) })
  keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
  await keyring.flush()
  expect(readdirSync(folder).sort()).toEqual(['keyring', 'keyring.copy'])
  expect(readFileSync(at('keyring'))).toEqual(readFileSync(at('keyring.copy')))
  for (const name of readdirSync(folder)) expect(statSync(at(name)).mode & 0o777).toBe(0o600)
})

test('every file state a crash can leave opens, with the old keys or the new', async () => {
  const keyring = await create({ file: keyringFileIn(folder) })
  const before = readFileSync(at('keyring'))
  await keyring.ensureScopes(['b'])
  const after = readFileSync(at('keyring'))
  const cut = after.subarray(0, after.length >> 1)
  const none = new Uint8Array(0)
  const states = [
    { keyring: before, 'keyring.copy': before, 'keyring.new': none },
    { keyring: before, 'keyring.copy': before, 'keyring.new': cut },
    { keyring: before, 'keyring.copy': before, 'keyring.new-sync': cut },
    { keyring: before, 'keyring.copy': before, 'keyring.new': after },
    { keyring: after, 'keyring.copy': before },
    { keyring: after, 'keyring.copy': before, 'keyring.copy.new': cut },
    { keyring: after, 'keyring.copy': before, 'keyring.copy.new-sync': after },
    { keyring: after, 'keyring.copy': after },
  ]
  for (const [index, state] of states.entries()) {
    for (const name of readdirSync(folder)) rmSync(at(name))
    for (const [name, content] of Object.entries(state)) writeFileSync(at(name), content)
    const opened = await reopen({ file: keyringFileIn(folder) })
    expect(opened.damagedCopies).toEqual([])
    expect(opened.list().some((key) => key.scope === 'b')).toBe(index >= 4)
    await opened.ensureScopes(['c'])
    expect((await reopen({ file: keyringFileIn(folder) })).list().at(-1)!.scope).toBe('c')
    expect(readFileSync(at('keyring'))).toEqual(readFileSync(at('keyring.copy')))
  }
})

test('a crash while the very first keyring is written leaves one that opens, or none', async () => {
  await create({ file: keyringFileIn(folder) })
  rmSync(at('keyring.copy'))
  expect((await reopen({ file: keyringFileIn(folder) })).damagedCopies).toEqual(['keyring.copy'])
  expect(readFileSync(at('keyring.copy'))).toEqual(readFileSync(at('keyring')))
  rmSync(at('keyring'))
  rmSync(at('keyring.copy'))
  writeFileSync(at('keyring.new'), 'partial')
  expect(await codeOfAsync(() => reopen({ file: keyringFileIn(folder) }))).toBe('KEYRING_MISSING')
})

test('the first copy is replaced before the second: a failure in between keeps the new keys', async () => {
  const keyring = await create({ file: keyringFileIn(folder) })
  // A mount in the place of the second temporary file would stop the replace there; names that are all taken do, for root too.
  const taken = ['', '.aside', ...Array.from({ length: 999 }, (_, n) => `.aside-${n + 2}`)]
  for (const suffix of taken) mkdirSync(at(`keyring.copy.new${suffix}`))
  expect(await codeOfAsync(() => keyring.ensureScopes(['b']))).toBe('IO_FAILED')
  for (const suffix of taken) rmSync(at(`keyring.copy.new${suffix}`), { recursive: true })
  const opened = await reopen({ file: keyringFileIn(folder) })
  expect([opened.revision, opened.damagedCopies]).toEqual([2, []])
})

test('an asynchronous replace never lands on a synchronous one that came later', async () => {
  const file = keyringFileIn(folder)
  for (let round = 0; round < 20; round++) {
    const slow = file.replace(new Uint8Array(250_000))
    for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve))
    file.replaceSync(bytes('newer'))
    await slow
    expect(readFileSync(at('keyring')).length).toBe(5)
    expect(readFileSync(at('keyring.copy')).length).toBe(5)
    expect(readdirSync(folder).sort()).toEqual(['keyring', 'keyring.copy'])
  }
})

test('asynchronous replaces take effect in order', async () => {
  const file = keyringFileIn(folder)
  await Promise.all([
    file.replace(bytes('1'.repeat(100_000))),
    file.replace(bytes('2')),
    file.replace(bytes('3')),
  ])
  expect(readFileSync(at('keyring'), 'utf8')).toBe('3')
})

test('an unreadable copy does not keep the other from opening', async () => {
  await create({ file: keyringFileIn(folder) })
  rmSync(at('keyring'))
  mkdirSync(at('keyring'))
  const opened = await reopen({ file: keyringFileIn(folder), repair: false })
  expect(opened.damagedCopies).toEqual(['keyring'])
  rmSync(at('keyring.copy'))
  mkdirSync(at('keyring.copy'))
  expect(await codeOfAsync(() => reopen({ file: keyringFileIn(folder) }))).toBe('KEYRING_DAMAGED')
})

test('a process killed while it replaces the keyring leaves one that opens', async () => {
  await create({ file: keyringFileIn(folder) })
  const program = new URL('./replace-forever.ts', import.meta.url)
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, ['--conditions=@forgeone/source', program.pathname, folder])
    let said = ''
    child.stderr.on('data', (text) => (said += String(text)))
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    await new Promise((resolve) => setTimeout(resolve, round * 7))
    child.kill('SIGKILL')
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
    expect(said).toBe('')
    const image = mkdtempSync(path.join(tmpdir(), 'forge-keyring-image-'))
    cpSync(folder, image, { recursive: true })
    const opened = await reopen({ file: keyringFileIn(image) })
    expect(opened.damagedCopies).toEqual([])
    rmSync(image, { recursive: true })
  }
})
