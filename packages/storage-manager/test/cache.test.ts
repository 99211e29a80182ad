import { cp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { crc32c, ManualClock } from '@forgeone/common'
import type { KeyInfo } from '@forgeone/crypto'
import { examineStore } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(7) }
const NAME = 'canary-Zx81-image'
const SESSION = {
  sessionId: NAME,
  currentPath: `${NAME}/inside`,
  createdAt: 1,
  lastAccessed: 1,
}

async function withStore(run: (o: { path: string; open: () => Promise<Forge> }) => Promise<void>) {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/data`
  await run({ path, open: () => Forge.open({ path, secret: KEY, shardCount: 1, clock: new ManualClock() }) })
}

function cacheKeys(forge: Forge): readonly KeyInfo[] {
  return forge.keys.status().keys.filter(({ scope }) => scope === 'cache')
}

async function maintenance(forge: Forge): Promise<readonly unknown[]> {
  await forge.audit.checkpoint()
  const leaves = []
  for await (const { leaf } of forge.audit.query({ act: 'cache.*' })) {
    const { act, ctx, res } = JSON.parse(leaf)
    leaves.push([act, ctx, res])
  }
  return leaves
}

test('the cache survives the store, holds nothing readable, and is made at first use', async () => {
  await withStore(async ({ path, open }) => {
    await (await open()).close()
    expect(await readdir(path)).not.toContain('cache')
    const first = await open()
    await first.cache.put('sessions', SESSION)
    await first.close()
    await expect(first.cache.get('sessions', { vaultId: NAME })).rejects.toMatchObject({
      code: 'CACHE_CLOSED',
    })
    const second = await open()
    const found = await second.cache.lookup('sessions', { vaultId: NAME })
    expect(found).toMatchObject({ source: 'disk', record: SESSION })
    expect((await second.verify()).ok).toBe(true)
    await second.close()
    for (const name of await readdir(`${path}/cache`))
      expect((await readFile(`${path}/cache/${name}`)).includes('canary'), name).toBe(false)
    const checks = await examineStore(path)
    expect(checks.filter(({ name }) => name === 'other files')).toEqual([])
  })
})

test('a cache that is deleted, damaged or of another store is empty, and one damaged is set aside', async () => {
  await withStore(async ({ path, open }) => {
    await withStore(async (other) => {
      const cacheIn = async (store: { open: () => Promise<Forge> }): Promise<unknown> => {
        await using forge = await store.open()
        const found = await forge.cache.get('sessions', { vaultId: NAME })
        await forge.cache.put('sessions', SESSION)
        return found
      }
      expect([await cacheIn({ open }), await cacheIn({ open }), await cacheIn(other)]).toEqual([
        undefined,
        SESSION,
        undefined,
      ])
      await rm(`${path}/cache`, { recursive: true })
      expect(await cacheIn({ open })).toBeUndefined()
      await rm(`${path}/cache`, { recursive: true })
      await cp(`${other.path}/cache`, `${path}/cache`, { recursive: true })
      expect([await cacheIn({ open }), await cacheIn({ open })]).toEqual([undefined, SESSION])
      expect(await readdir(path)).toContain('cache.damaged')
      await writeFile(`${path}/cache/CURRENT`, 'MANIFEST-000099\n')
      expect([await cacheIn({ open }), await cacheIn({ open })]).toEqual([undefined, SESSION])
    })
  })
})

test('its key is rotated with the others, what it sealed is read on, and goes with that key', async () => {
  await withStore(async ({ open }) => {
    const address = { vaultId: NAME }
    const first = await open()
    expect(first.keys.scopes).not.toContain('cache')
    await first.cache.put('sessions', SESSION)
    expect(first.keys.scopes).toContain('cache')
    const [old] = cacheKeys(first)
    await expect(first.keys.destroy(old!.id)).rejects.toMatchObject({ code: 'KEY_IN_USE' })
    await first.keys.rotate()
    expect(cacheKeys(first).map(({ state }) => state)).toEqual(['decrypt-only', 'primary'])
    await first.keys.reseal()
    // Nothing is left to be moved: the policy would try every hour.
    expect(first.keys.status().unfinished).toEqual([])
    await first.close()
    const second = await open()
    expect(await second.cache.lookup('sessions', address)).toMatchObject({ source: 'disk', record: SESSION })
    await second.cache.put('sessions', { ...SESSION, currentPath: 'new key' })
    await second.keys.destroy(old!.id)
    expect(await second.cache.get('sessions', address)).toBeUndefined()
    await second.cache.put('sessions', SESSION)
    await second.close()
    const third = await open()
    expect(await third.cache.get('sessions', address)).toEqual(SESSION)
    expect(cacheKeys(third).map(({ state }) => state)).toEqual(['destroyed', 'primary'])
    await third.close()
  })
})

test('a cache key is destroyed also where the cache was never opened, and is as if deleted then', async () => {
  await withStore(async ({ path, open }) => {
    const first = await open()
    await first.cache.put('sessions', SESSION)
    await first.close()
    const second = await open()
    const [made] = await second.keys.rotate({ scopes: ['cache'] })
    const old = second.keys.status().keys.find(({ scope, id }) => scope === 'cache' && id !== made!.id)
    expect(await second.keys.destroyUnused(old!.id)).toBe(true)
    expect(await readdir(path)).not.toContain('cache')
    expect(await second.cache.get('sessions', { vaultId: NAME })).toBeUndefined()
    await second.close()
    expect(await readdir(path)).not.toContain('cache.damaged')
  })
})

test('what is stored while the cache is being emptied lies in the new one', async () => {
  await withStore(async ({ open }) => {
    const first = await open()
    await first.cache.put('sessions', SESSION)
    const next = { ...SESSION, currentPath: 'next' }
    await Promise.all([first.cache.empty(), first.cache.put('sessions', next)])
    await first.close()
    await using second = await open()
    const found = await second.cache.lookup('sessions', { vaultId: NAME })
    expect(found).toMatchObject({ source: 'disk', record: next })
  })
})

test('each sweep and invalidation is one leaf with counts, and a key none', async () => {
  await withStore(async ({ path, open }) => {
    const image = `${path}-image`
    await writeFile(image, new Uint8Array(4096).fill(1))
    await utimes(image, 1_600_000_000, 1_600_000_000)
    await using forge = await open()
    expect([(await forge.images.zones(image)).isCached, (await forge.images.zones(image)).isCached]).toEqual([
      false,
      true,
    ])
    await forge.images.vault(image)
    expect(await maintenance(forge)).toEqual([])
    await forge.images.invalidate(image)
    await forge.cache.cleanup()
    await forge.cache.invalidateAll()
    const resource = { c: 'cache' }
    const bytes = expect.any(Number)
    expect(await maintenance(forge)).toEqual([
      ['cache.invalidated', { scope: 'vault', removed: 2, bytes }, resource],
      ['cache.swept', { removed: 0, bytes: 0 }, resource],
      ['cache.invalidated', { scope: 'all', bytes: 0 }, resource],
    ])
  })
})

test('a principal reads the cache as granted, and gets neither the loader, nor the close, nor any file of the host', async () => {
  await withStore(async ({ open }) => {
    await using forge = await open()
    await forge.access.setRoles('rita', ['reader'])
    const rita = forge.as('rita')
    expect(await rita.cache.get('sessions', { vaultId: NAME })).toBeUndefined()
    expect(() => rita.cache.invalidateAll()).toThrow(expect.objectContaining({ code: 'ACCESS_DENIED' }))
    expect([rita.cache.getOrLoad, rita.cache.close]).toEqual([undefined, undefined])
    expect([rita.images.zones, rita.images.file, rita.images.digests]).toEqual(Array(3).fill(undefined))
  })
})

test('a log that LevelDB would abort on is set aside with its cache, and the process goes on', async () => {
  await withStore(async ({ path, open }) => {
    const first = await open()
    await first.cache.put('sessions', SESSION)
    await first.close()
    // A batch with the highest sequence there is, in a record whose checksum holds: LevelDB asserts that there is none such.
    const batch = Buffer.from('01ffffffffffffffff01000000000161', 'hex')
    const checksum = crc32c(batch)
    const header = Buffer.alloc(6)
    header.writeUInt32LE((((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0, 0)
    header.writeUInt16LE(batch.length - 1, 4)
    const log = (await readdir(`${path}/cache`))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1)!
    await writeFile(`${path}/cache/${log}`, Buffer.concat([header, batch]))
    const again = await open()
    expect(await again.cache.get('sessions', { vaultId: NAME })).toBeUndefined()
    await again.cache.put('sessions', SESSION)
    expect(await again.cache.get('sessions', { vaultId: NAME })).toEqual(SESSION)
    await again.close()
    expect(await readdir(path)).toContain('cache.damaged')
  })
})
