import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isForgeError } from '@forgeone/common'
import { readImageFile } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** What an image lacks: keys are kept apart. */
function bringKeys(from: string, to: string): void {
  for (const name of ['keyring', 'keyring.copy', 'keys'])
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true })
}

async function filled(options: ForgeOptions): Promise<Forge> {
  const forge = await Forge.open(options)
  await forge.settings.set('ui.theme', 'dark')
  await forge.vault.set('db/password', 'hidden')
  await forge.events.append({ topic: 'orders', payload: { id: 7 } })
  await forge.logs.append(Array.from({ length: 50 }, (_, n) => ({ topic: 'app', message: `line ${n}` })))
  await forge.logs.compact()
  await forge.events.append({ topic: 'orders', payload: { id: 8 } })
  return forge
}

test('an image opens, verifies, has the log of its store, and is only read', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const target = join(folder.path, 'image')
  const forge = await filled(options)
  const taken = await forge.checkpoint(target)
  const root = await forge.audit.rootAt(taken.sequence + 1)
  bringKeys(options.path, target)
  await forge.events.append({ topic: 'orders', payload: { id: 9 } })
  await forge.close()
  const image = await Forge.open({ ...options, path: target, create: 'never' })
  expect(image.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'STORE_IS_IMAGE' }] })
  expect(image.sequence).toBe(taken.sequence)
  expect(Buffer.from(await image.audit.rootAt(taken.sequence + 1))).toEqual(Buffer.from(root))
  expect(await image.settings.get('ui.theme')).toBe('dark')
  const orders = await image.events.read({ topic: 'orders' }).toArray()
  expect(orders.map(({ payload }) => payload)).toEqual([{ id: 7 }, { id: 8 }])
  expect((await image.logs.read({ topic: 'app' }).toArray()).length).toBe(50)
  await expect(image.settings.set('ui.theme', 'light')).rejects.toMatchObject({ code: 'STORE_IS_IMAGE' })
  await expect(image.audit.checkpoint()).rejects.toMatchObject({ code: 'STORE_IS_IMAGE' })
  const { ok, notices } = await image.verify()
  expect([ok, notices.map(({ code }) => code)]).toEqual([true, ['STORE_IS_IMAGE']])
  await image.close()
})

test('an image that is accepted lives on under a name of its own, and its log says where it is from', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const target = join(folder.path, 'image')
  const forge = await filled(options)
  const { id, sequence } = await forge.checkpoint(target)
  const { origin } = forge.audit
  bringKeys(options.path, target)
  const copied = { ...options, path: target, create: 'never' as const }
  const living = await Forge.open({ ...copied, acceptRollback: { reason: 'the disk is lost' } })
  expect([living.health().state, living.audit.origin === origin]).toEqual(['healthy', false])
  const [leaf] = await Array.fromAsync(living.audit.query({ act: 'store.restored' }))
  expect(leaf?.facts.context?.['from']).toEqual({ id, sequence })
  expect(await living.checkpoints()).toEqual([])
  await living.settings.set('ui.theme', 'light')
  await living.close()
  const again = await Forge.open(copied)
  expect([again.health().reasons, (await again.verify()).problems]).toEqual([[], []])
  expect(await again.settings.get('ui.theme')).toBe('light')
  await again.close()
  expect(await forge.settings.get('ui.theme')).toBe('dark')
  await forge.close()
})

test('no key is destroyed that an image needs, until it is forgotten', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const target = join(folder.path, 'image')
  const forge = await filled(options)
  const { id } = await forge.checkpoint(target)
  await forge.keys.rotate()
  await forge.keys.reseal({ pace: 'full' })
  const old = forge.keys.status().keys.filter(({ state }) => state === 'decrypt-only')
  expect(old.length).toBeGreaterThan(0)
  for (const key of old) {
    const refused = await forge.keys.destroy(key.id).catch((error: unknown) => error)
    expect(isForgeError(refused, 'KEY_IN_USE') && refused.message).toContain(`image ${target}`)
    expect(await forge.keys.destroyUnused(key.id)).toBe(false)
  }
  await forge.close()
  bringKeys(options.path, target)
  const image = await Forge.open({ ...options, path: target, create: 'never' })
  expect(await image.settings.get('ui.theme')).toBe('dark')
  await image.close()
  rmSync(target, { recursive: true })
  const again = await Forge.open(options)
  expect(await again.checkpoints()).toMatchObject([{ id, directory: target }])
  expect([await again.forgetCheckpoint(id), await again.forgetCheckpoint(id)]).toEqual([true, false])
  expect(await again.checkpoints()).toEqual([])
  for (const key of old) expect(await again.keys.destroyUnused(key.id)).toBe(true)
  expect((await again.verify()).problems).toEqual([])
  await again.close()
})

test('a key that only older images need is retired, so that it goes with the last of them', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const forge = await filled(options)
  const older = await forge.checkpoint(join(folder.path, 'older'))
  await forge.keys.rotate()
  const between = await forge.checkpoint(join(folder.path, 'between'))
  await forge.keys.reseal({ pace: 'full' })
  const old = forge.keys.status().keys.filter(({ state }) => state === 'decrypt-only')
  for (const { id } of old) expect(await forge.keys.destroyUnused(id)).toBe(false)
  const newer = join(folder.path, 'newer')
  await forge.checkpoint(newer)
  // Twice over changes nothing.
  for (const { id } of old) expect(await forge.keys.destroyUnused(id)).toBe(false)
  await forge.forgetCheckpoint(older.id)
  for (const { id } of old) expect(await forge.keys.destroyUnused(id)).toBe(false)
  await forge.forgetCheckpoint(between.id)
  for (const { id } of old) expect(await forge.keys.destroyUnused(id)).toBe(true)
  expect((await forge.verify()).problems).toEqual([])
  await forge.close()
  bringKeys(options.path, newer)
  const image = await Forge.open({ ...options, path: newer, create: 'never' })
  expect([await image.settings.get('ui.theme'), (await image.verify()).problems]).toEqual(['dark', []])
  expect((await image.logs.read({ topic: 'app' }).toArray()).length).toBe(50)
  await image.close()
})

test('an image that cannot be taken is not remembered, and leaves nothing', async () => {
  await using folder = await temporaryFolder()
  const forge = await filled({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  for (const directory of ['', 'a\0b', '/proc/nowhere/image', join(folder.path, 'data')])
    await expect(forge.checkpoint(directory)).rejects.toMatchObject({
      code: expect.stringMatching(/^(CHECKPOINT_FAILED|STORE_OPTION_INVALID)$/),
    })
  expect(await forge.checkpoints()).toEqual([])
  expect(existsSync(join(folder.path, 'data.partial'))).toBe(false)
  await forge.close()
})

test('images beside flush points and signed checkpoints open without any other reason', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  const forge = await filled(options)
  const work = { isOver: false }
  const busy = (async () => {
    for (let value = 0; !work.isOver; value++) {
      await forge.settings.set('busy', value)
      await Promise.all([forge.audit.checkpoint(), forge.flush()])
    }
  })()
  for (let round = 0; round < 8; round++) {
    const target = join(folder.path, `image-${round}`)
    await forge.checkpoint(target)
    bringKeys(options.path, target)
    const image = await Forge.open({ ...options, path: target, create: 'never' })
    expect(image.health().reasons.map(({ code }) => code)).toEqual(['STORE_IS_IMAGE'])
    expect((await image.verify()).problems).toEqual([])
    await image.close()
  }
  work.isOver = true
  await busy
  await forge.close()
})

test('what is remembered of an image is what it says itself', async () => {
  await using folder = await temporaryFolder()
  const forge = await filled({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  const targets = ['one', 'two'].map((name) => join(folder.path, name))
  for (const target of targets) {
    // The one that is busy has commits between its begin and its end.
    const busy = Promise.all(Array.from({ length: 20 }, (_, value) => forge.settings.set('busy', value)))
    const { id, sequence, time } = await forge.checkpoint(target)
    await busy
    expect(await readImageFile(target)).toMatchObject({ id, sequence, time })
    expect((await forge.checkpoints()).find((each) => each.id === id)).toEqual({
      id,
      directory: target,
      sequence,
      time,
    })
  }
  const acts = await Array.fromAsync(forge.audit.query({ act: 'store.checkpoint-taken' }))
  expect(acts.length).toBe(2)
  await forge.close()
})

const OTHER_DISK = '/dev/shm'
const isOtherDisk = existsSync(OTHER_DISK) && statSync(OTHER_DISK).dev !== statSync(tmpdir()).dev
if (!isOtherDisk) console.log('notice: an image on another file system is not tried, since there is none')

test.skipIf(!isOtherDisk)('an image on another file system links nothing, and says so', async () => {
  await using folder = await temporaryFolder()
  const other = mkdtempSync(join(OTHER_DISK, 'forge-image-'))
  try {
    const forge = await filled({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
    const near = await forge.checkpoint(join(folder.path, 'image'))
    const far = await forge.checkpoint(join(other, 'image'))
    expect(near).toMatchObject({ copiedFiles: 0, linkedFiles: expect.any(Number) })
    expect(near.linkedFiles).toBeGreaterThan(0)
    expect(far.linkedFiles).toBe(0)
    expect(far.copiedFiles).toBeGreaterThan(0)
    expect(far.copiedBytes).toBeGreaterThan(near.copiedBytes)
    await forge.close()
  } finally {
    rmSync(other, { recursive: true })
  }
})
