import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { fillStore, hazardFolder, removeFolder, storeOptions } from './hazards.ts'

const VICTIM = join(import.meta.dirname, 'victims', 'open-once.ts')
const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const whole = join(folder, 'whole')
beforeAll(async () => {
  const store = await LocalStore.open(storeOptions(whole))
  await fillStore(store, { from: 0, count: 50 })
  await store.close()
})

function openWith(path: string, descriptors: number, create: string): { code: string; reasons: string[] } {
  const command = `ulimit -n ${descriptors}; exec "$0" --conditions=@forgeone/source "$1" "$2" "$3"`
  const { stdout } = spawnSync('sh', ['-c', command, process.execPath, VICTIM, path, create], {
    encoding: 'utf8',
  })
  // Node itself may not start with so few.
  const line = stdout.trim().split('\n').at(-1)
  return line === undefined || line === '' ? { code: 'not started', reasons: [] } : JSON.parse(line)
}

test('too few file descriptors are told by name, never called damage, and lose nothing', async () => {
  const codes = new Set<string>()
  for (let descriptors = 22; descriptors <= 56; descriptors += 2) {
    const path = join(folder, `n${descriptors}`)
    cpSync(whole, path, { recursive: true })
    const { code, reasons } = openWith(path, descriptors, 'never')
    expect(['opened', 'IO_FAILED', 'not started'], `${descriptors} descriptors`).toContain(code)
    expect(reasons, `${descriptors} descriptors`).toEqual([])
    codes.add(code)
    const store = await LocalStore.open({ ...storeOptions(path), create: 'never' })
    expect([store.health().reasons, (await verifyStore(store)).problems]).toEqual([[], []])
    await store.close()
  }
  expect([...codes]).toContain('IO_FAILED')
  expect([...codes]).toContain('opened')
})

test('a store that could not be created for want of descriptors can be created afterwards', async () => {
  for (let descriptors = 24; descriptors <= 44; descriptors += 4) {
    const path = join(folder, `new${descriptors}`)
    const { code } = openWith(path, descriptors, 'if-missing')
    expect(['opened', 'IO_FAILED', 'not started'], `${descriptors} descriptors`).toContain(code)
    const store = await LocalStore.open(storeOptions(path))
    expect((await verifyStore(store)).problems).toEqual([])
    await store.close()
  }
})
