import { closeSync, openSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, takeImage, verifyStore } from '../src/index.ts'
import {
  fillStore,
  hazardFolder,
  openBare,
  openInChild,
  openStore,
  removeFolder,
  storeOptions,
} from './hazards.ts'
import { DATABASES } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

test('bare LevelDB loses its lock when its owner opens and closes the LOCK file', async () => {
  const path = join(folder, 'bare')
  await using level = await openBare(path)
  expect(level.status).toBe('open')
  expect(openInChild('bare', path)).toBe('LEVEL_LOCKED')
  closeSync(openSync(join(path, 'LOCK'), 'r'))
  expect(openInChild('bare', path)).toBe('opened')
})

test('bare LevelDB loses its lock when a second open in its process is refused', async () => {
  const path = join(folder, 'second')
  await using level = await openBare(path)
  expect(level.status).toBe('open')
  await expect(openBare(path)).rejects.toMatchObject({ cause: { code: 'LEVEL_LOCKED' } })
  expect(openInChild('bare', path)).toBe('opened')
})

test('a store whose LevelDB locks were dropped still keeps other processes and this one out', async () => {
  const path = join(folder, 'dropped')
  await using store = await openStore(path)
  for (const name of DATABASES) closeSync(openSync(join(path, name, 'LOCK'), 'r'))
  expect(openInChild('store', path)).toBe('STORE_LOCKED')
  await expect(LocalStore.open(storeOptions(path))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await fillStore(store, { from: 0, count: 3 })
  expect((await verifyStore(store)).problems).toEqual([])
})

test('a second store of this process is refused by any name, and drops no LevelDB lock', async () => {
  const path = join(folder, 'twice')
  await using store = await openStore(path)
  symlinkSync(path, join(folder, 'alias'))
  const names = [path, join(folder, 'alias'), join(path, 'alpha', '..')]
  for (const name of names)
    await expect(LocalStore.open(storeOptions(name))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  // The registry of the process holds even without the file.
  rmSync(join(path, 'lock'))
  await expect(LocalStore.open(storeOptions(path))).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  for (const name of DATABASES) expect(openInChild('bare', join(path, name)), name).toBe('LEVEL_LOCKED')
  expect(store.sequence).toBe(0)
})

test('checkpoint, verify, flush and a reading of sizes drop no LevelDB lock, and no image has a LOCK', async () => {
  const path = join(folder, 'used')
  await using store = await openStore(path)
  await fillStore(store, { from: 0, count: 20 })
  await store.flush()
  await takeImage(store, { target: join(folder, 'image'), id: '00'.repeat(16) })
  expect((await verifyStore(store)).problems).toEqual([])
  expect(store.bytesOnDisk()).toBeGreaterThan(0)
  // Closing any descriptor of LOCK in this process would have let the child in.
  for (const name of DATABASES) expect(openInChild('bare', join(path, name)), name).toBe('LEVEL_LOCKED')
  expect(
    readdirSync(join(folder, 'image'), { recursive: true }).filter((name) => /lock$/i.test(String(name))),
  ).toEqual([])
})
