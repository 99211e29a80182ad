import { createCipheriv, createDecipheriv } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@forgeone/common'
import { Level } from 'level'
import { afterAll, describe, expect, it } from 'vitest'
import {
  levelDatabase,
  MetadataCache,
  sealedDatabase,
  type CacheDatabase,
  type CacheSealer,
} from '../src/persistent/index.ts'
import { CACHE_DATABASE_CONTRACT } from '../src/testing/index.ts'
import { lasting, listing, memoryDatabase, openCache, storedSum, vault } from './metadata-fixtures.ts'

const directory = await mkdtemp(join(tmpdir(), 'forge-cache-'))
afterAll(async () => await rm(directory, { recursive: true }))

/** Adds what it must find again: no cipher, but the same promise. */
const sealerOf = (mark: number): CacheSealer => ({
  seal: (_key, value) => Uint8Array.of(mark, ...value),
  open: (_key, sealed) => {
    if (sealed[0] !== mark) throw new Error('not authentic')
    return sealed.slice(1)
  },
})

/** AES-256-GCM with the key as associated data, as a keyring's sealer does it: `nonce 12 | tag 16 | text`. */
function sealer(): CacheSealer {
  const secret = new Uint8Array(32).fill(7)
  return {
    seal: (key, value) => {
      const nonce = systemRandom.bytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(key)
      const text = Buffer.concat([cipher.update(value), cipher.final()])
      return Uint8Array.of(...nonce, ...cipher.getAuthTag(), ...text)
    },
    open: (key, sealed) => {
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12)).setAAD(key)
      decipher.setAuthTag(sealed.subarray(12, 28))
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]))
    },
  }
}

let made = 0
const stores: Readonly<Record<string, () => Promise<CacheDatabase>>> = {
  'memory-level': async () => memoryDatabase(),
  'level on disk': async () =>
    levelDatabase(new Level<string, string>(join(directory, `contract-${made++}`))),
  'sealed memory-level': async () => sealedDatabase(memoryDatabase(), sealer()),
}

describe.each(Object.keys(stores))('%s', (name) => {
  it.each(CACHE_DATABASE_CONTRACT)('$name', async ({ run }) => {
    const database = await stores[name]!()
    await run(database)
    await database.close()
  })
})

describe('a sealed cache', () => {
  const indexKey = new Uint8Array(32).fill(3)

  it('gives records back and stores no name, path or value in clear', async () => {
    const inner = lasting(memoryDatabase())
    const database = sealedDatabase(inner, sealer())
    const cache = await openCache({ database, indexKey, config: { compression: 'none' } })
    await cache.put('vaults', vault('secret-vault'))
    await cache.put('directories', listing('secret-vault', 'secret/path'))
    await cache.close()
    const again = await openCache({ database, indexKey })
    expect(await again.get('directories', { vaultId: 'secret-vault', path: 'secret/path' })).toEqual(
      listing('secret-vault', 'secret/path'),
    )
    let stored = ''
    for await (const { key, value } of inner.iterate({ gte: Uint8Array.of(0), lt: Uint8Array.of(255) }))
      stored += Buffer.concat([key, value]).toString('latin1')
    expect(stored).not.toMatch(/secret|file \d/)
    await again.invalidateDirectory({ vaultId: 'secret-vault', path: 'secret/path' })
    expect(await again.get('directories', { vaultId: 'secret-vault', path: 'secret/path' })).toBeUndefined()
    expect((await again.stats()).diskBytes).toBe(await storedSum(database))
  })

  it('takes a value that was changed or moved for a miss', async () => {
    const inner = lasting(memoryDatabase())
    const database = sealedDatabase(inner, sealer())
    const cache = await openCache({ database, indexKey })
    await cache.put('vaults', vault('a'))
    await cache.close()
    for await (const { key, value } of inner.iterate({ gte: Uint8Array.of(1), lt: Uint8Array.of(2) })) {
      const changed = Uint8Array.from(value)
      changed[changed.length - 1]! ^= 1
      await inner.batch([{ type: 'put', key, value: changed }])
    }
    const again = await openCache({ database, indexKey })
    expect(await again.get('vaults', { vaultId: 'a' })).toBeUndefined()
    expect((await again.stats()).tables.vaults.corrupt).toBe(1)
  })
})

describe('a cache on disk', () => {
  it('is shared by nobody: a second opener works in memory and says so', async () => {
    const dbPath = join(directory, 'shared')
    const first = await MetadataCache.open({ config: { dbPath } })
    const second = await MetadataCache.open({ config: { dbPath } })
    expect([first.mode, second.mode]).toEqual(['persistent', 'memory'])
    await second.put('vaults', vault('v'))
    expect(await second.get('vaults', { vaultId: 'v' })).toMatchObject({ vaultId: 'v' })
    await second.invalidateVault('v')
    expect(await second.get('vaults', { vaultId: 'v' })).toBeUndefined()
    expect(await first.get('vaults', { vaultId: 'v' })).toBeUndefined()
    await second.close()
    await first.close()
  })

  it('that is sealed opens under its own sealer only; under another one it is set aside', async () => {
    const dbPath = join(directory, 'sealed')
    const found = async (mark: number): Promise<string | undefined> => {
      const indexKey = new Uint8Array(32).fill(1)
      await using cache = await MetadataCache.open({ config: { dbPath }, sealer: sealerOf(mark), indexKey })
      const record = await cache.get('vaults', { vaultId: 'v' })
      await cache.put('vaults', vault('v'))
      return record?.vaultId
    }
    expect([await found(1), await found(1), await found(2), await found(2)]).toEqual([
      undefined,
      'v',
      undefined,
      'v',
    ])
    expect(await readdir(directory)).toContain('sealed.damaged')
    await expect(MetadataCache.open({ config: { dbPath }, sealer: sealerOf(2) })).rejects.toMatchObject({
      code: 'CACHE_CONFIG_INVALID',
    })
  })

  it('that does not open is set aside and started empty', async () => {
    const { writeFile, mkdir } = await import('node:fs/promises')
    const dbPath = join(directory, 'broken')
    await mkdir(dbPath)
    await writeFile(join(dbPath, 'CURRENT'), 'MANIFEST-000099\n')
    const cache = await MetadataCache.open({ config: { dbPath } })
    await cache.put('vaults', vault('v'))
    expect([cache.mode, (await cache.get('vaults', { vaultId: 'v' }))?.vaultId]).toEqual(['persistent', 'v'])
    await cache.close()
    expect((await readdir(directory)).includes('broken.damaged')).toBe(true)
  })
})
