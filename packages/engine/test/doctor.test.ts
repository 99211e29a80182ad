import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { examineStore, LocalStore, type DoctorCheck } from '../src/index.ts'
import { DATABASES, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))
let next = 0
let path: string

beforeEach(async () => {
  path = join(folder, `store-${next++}`)
  const store = await LocalStore.open({ path, provider: testProvider(), databases: DATABASES })
  await store.close()
})

/** What is told to do, by name of the check. */
async function warnings(of: string): Promise<readonly (readonly [string, DoctorCheck['status'], boolean])[]> {
  const checks = await examineStore(of)
  return checks
    .filter(({ status }) => status !== 'ok')
    .map(({ name, status, next: step }) => [name, status, step !== undefined] as const)
}

test('a store as it was made gives no warning', async () => {
  expect(await warnings(path)).toEqual([])
})

test('a directory that others may enter or read is warned of', async () => {
  for (const mode of [0o750, 0o701, 0o777]) {
    chmodSync(path, mode)
    expect(await warnings(path)).toEqual([['permissions', 'warn', true]])
  }
  chmodSync(path, 0o700)
  expect(await warnings(path)).toEqual([])
})

test('a symbolic link to the directory, or on the way to it, is warned of', async () => {
  const link = join(folder, `link-${next}`)
  symlinkSync(path, link)
  expect(await warnings(link)).toEqual([['path', 'warn', true]])
  expect(await warnings(`${link}/`)).toEqual([['path', 'warn', true]])
  const upper = join(folder, `upper-${next}`)
  symlinkSync(folder, upper)
  expect(await warnings(join(upper, `store-${next - 1}`))).toEqual([['path', 'warn', true]])
})

test('a database, the journal or the keys in another place are warned of', async () => {
  for (const name of [DATABASES[0]!, 'journal']) {
    const moved = join(folder, `moved-${next}-${name}`)
    renameSync(join(path, name), moved)
    symlinkSync(moved, join(path, name))
    expect(await warnings(path)).toEqual([[`directory ${name}`, 'warn', true]])
    rmSync(join(path, name))
    renameSync(moved, join(path, name))
  }
  rmSync(join(path, 'keys'), { recursive: true, force: true })
  symlinkSync(folder, join(path, 'keys'))
  expect(await warnings(path)).toEqual([['directory keys', 'warn', true]])
})

test('a file in place of a directory is warned of, and the examination goes on', async () => {
  for (const name of [DATABASES[0]!, 'journal', 'keys']) {
    const moved = join(folder, `moved-${next}-${name}`)
    rmSync(moved, { recursive: true, force: true })
    try {
      renameSync(join(path, name), moved)
    } catch {
      // A store without subjects has no keys.
    }
    writeFileSync(join(path, name), 'x')
    const told = (await warnings(path)).map(([check, status]) => `${check} ${status}`)
    expect(told).toContain(`directory ${name} warn`)
    if (name !== 'keys') expect(told).toContain(`${name} fail`)
    rmSync(join(path, name))
  }
})
