import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { DATABASES, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-creation-'))
afterAll(() => rmSync(folder, { recursive: true }))
const VICTIM = join(import.meta.dirname, 'victims', 'write-forever.ts')
const options = (path: string): Parameters<typeof LocalStore.open>[0] => ({
  path,
  databases: DATABASES,
  provider: testProvider(),
})

test('a creation killed at any time can be started again', async () => {
  const random = new SeededRandom(Date.now())
  for (let kill = 0; kill < (LONG_TIER ? 200 : 6); kill++) {
    const path = join(folder, `k${kill}`)
    const victim = spawn(process.execPath, ['--conditions=@forgeone/source', VICTIM, path, '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(victim, 'close')
    await once(victim.stdout, 'data')
    await setTimeout(random.below(40))
    victim.kill('SIGKILL')
    await ended
    const store = await LocalStore.open(options(path))
    expect((await verifyStore(store)).problems).toEqual([])
    await store.close()
    rmSync(path, { recursive: true })
  }
})

test('every set of files that an interrupted creation leaves can be created over', async () => {
  const whole = join(folder, 'whole')
  await (await LocalStore.open(options(whole))).close()
  const names = readdirSync(whole).filter((name) => name !== 'FORGE')
  const cases: readonly (readonly string[])[] = [
    [],
    ['creating.tmp'],
    ...names.map((_, index) => ['creating', ...names.slice(0, index + 1)]),
  ]
  for (const [index, files] of cases.entries()) {
    const path = join(folder, `c${index}`)
    mkdirSync(path)
    for (const name of files) {
      if (name.startsWith('creating')) writeFileSync(join(path, name), 'x')
      else cpSync(join(whole, name), join(path, name), { recursive: true })
    }
    const store = await LocalStore.open(options(path))
    expect(store.recovery.created, files.join()).toBe(true)
    await store.close()
    expect(readdirSync(path)).not.toContain('creating')
  }
})

test('a creation that was finished but not yet marked so is opened, not wiped', async () => {
  const path = join(folder, 'finished')
  const created = await LocalStore.open(options(path))
  const { id } = created
  await created.close()
  writeFileSync(join(path, 'creating'), 'x')
  const store = await LocalStore.open(options(path))
  expect(store.id).toEqual(id)
  await store.close()
})

test('a directory without its FORGE is damage, never an empty place', async () => {
  const path = join(folder, 'headless')
  await (await LocalStore.open(options(path))).close()
  rmSync(join(path, 'FORGE'))
  await expect(LocalStore.open(options(path))).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
})
