import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ManualClock } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { describe, expect, test } from 'vitest'
import { Forge, SHARD_COUNT_DEFAULT, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const failing = (code: string, details: object = {}): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining(details) })

describe('options', () => {
  test.each<[string, object]>([
    ['path', { path: '' }],
    ['secret', { secret: 5 }],
    ['secret', { secret: { key: 'abc' } }],
    ['create', { create: 'maybe' }],
    ['shardCount', { shardCount: 0 }],
    ['shardCount', { shardCount: 17 }],
    ['shardCount', { shardCount: 1.5 }],
    ['maxSizeGb', { maxSizeGb: -1 }],
    ['durability', { durability: 'never' }],
    ['encryption', { encryption: 'rot13' }],
    ['allowedSuites.0', { allowedSuites: ['rot13'] }],
    ['allowedSuites', { allowedSuites: [] }],
    ['cacheMb', { cacheMb: -1 }],
    ['colour', { colour: 'red' }],
  ])('%s is refused by name when it is wrong: %j', async (option, part) => {
    await using folder = await temporaryFolder()
    // The cast lets wrong types in, as callers in JavaScript do.
    const options = { path: folder.path, secret: SECRET, ...part } as ForgeOptions
    await expect(Forge.open(options)).rejects.toEqual(failing('STORE_OPTION_INVALID', { option }))
  })

  test('never show the secret in an error', async () => {
    const secret = 'a secret that must not be shown'
    const error: unknown = await Forge.open({ path: '', secret }).catch((cause: unknown) => cause)
    expect(JSON.stringify([error, String(error)])).not.toContain(secret)
  })

  test('secret and keyProvider exclude each other, and one of them is needed', async () => {
    await using folder = await temporaryFolder()
    const keyProvider = rawKeyProvider(SECRET.key)
    await expect(Forge.open({ path: folder.path, secret: SECRET, keyProvider })).rejects.toEqual(
      failing('STORE_OPTION_INVALID', { option: 'secret' }),
    )
    await expect(Forge.open({ path: folder.path })).rejects.toEqual(failing('KEY_SECRET_MISSING'))
    await expect(Forge.open({ path: folder.path, secret: 'short' })).rejects.toEqual(
      failing('KEY_SECRET_WEAK'),
    )
    await using forge = await Forge.open({ path: folder.path, keyProvider })
    expect(forge.recovery.created).toBe(true)
  })
})

describe('an existing store', () => {
  test('keeps its shard count and cipher, and says so when others are asked for', async () => {
    await using folder = await temporaryFolder()
    const base = { path: folder.path, secret: SECRET }
    await (await Forge.open({ ...base, shardCount: 2, encryption: 'chacha20-poly1305' })).close()
    await expect(Forge.open({ ...base, shardCount: SHARD_COUNT_DEFAULT })).rejects.toEqual(
      failing('STORE_OPTION_MISMATCH', { option: 'shardCount' }),
    )
    await expect(Forge.open({ ...base, encryption: 'aes-256-gcm' })).rejects.toEqual(
      failing('STORE_OPTION_MISMATCH', { option: 'encryption' }),
    )
    await using forge = await Forge.open(base)
    expect(forge.stats()).toMatchObject({ shardCount: 2, encryption: 'chacha20-poly1305', state: 'healthy' })
  })

  test('opens with its own secret only, and a refusal leaves it as it was', async () => {
    await using folder = await temporaryFolder()
    const { path } = folder
    await (await Forge.open({ path, secret: SECRET })).close()
    await expect(Forge.open({ path, secret: { key: new Uint8Array(32) } })).rejects.toEqual(
      failing('KEY_SECRET_WRONG'),
    )
    await expect(Forge.open({ path })).rejects.toEqual(failing('KEY_SECRET_MISSING'))
    await using forge = await Forge.open({ path, secret: SECRET })
    expect(forge.recovery).toMatchObject({ created: false, cleanClose: true })
    await expect(Forge.open({ path, secret: SECRET })).rejects.toEqual(failing('STORE_LOCKED'))
  })

  test('opens with the passphrase it was made with', async () => {
    await using folder = await temporaryFolder()
    const { path } = folder
    await (await Forge.open({ path, secret: 'correct horse battery' })).close()
    await expect(Forge.open({ path, secret: 'correct horse battery!' })).rejects.toEqual(
      failing('KEY_SECRET_WRONG'),
    )
    await (await Forge.open({ path, secret: 'correct horse battery' })).close()
  })

  test('is made, required or refused as `create` says', async () => {
    await using folder = await temporaryFolder()
    const options = { path: join(folder.path, 'store'), secret: SECRET }
    await expect(Forge.open({ ...options, create: 'never' })).rejects.toEqual(failing('STORE_NOT_FOUND'))
    await (await Forge.open({ ...options, create: 'always' })).close()
    await expect(Forge.open({ ...options, create: 'always' })).rejects.toEqual(failing('STORE_EXISTS'))
    await (await Forge.open({ ...options, create: 'never' })).close()
    await writeFile(join(folder.path, 'a.txt'), '')
    await expect(Forge.open({ path: folder.path, secret: SECRET })).rejects.toEqual(
      failing('STORE_NOT_A_STORE'),
    )
  })

  test('without encryption needs no secret and refuses one', async () => {
    await using folder = await temporaryFolder()
    const { path } = folder
    await (await Forge.open({ path, encryption: 'none' })).close()
    await expect(Forge.open({ path, secret: SECRET })).rejects.toThrow()
    await using forge = await Forge.open({ path })
    expect(forge.stats().encryption).toBe('none')
  })
})

describe('an open store', () => {
  test('gives statistics, health, keys and metrics, and a history of them after each close with writes', async () => {
    await using folder = await temporaryFolder()
    const clock = new ManualClock()
    const options = { path: folder.path, secret: SECRET, shardCount: 1, clock }
    for (let round = 0; round < 3; round++) {
      const forge = await Forge.open(options)
      await forge.logs.append([
        { topic: 'a', message: 'x', timestamp: 5 },
        { topic: 'a', message: 'yz', timestamp: 3 },
      ])
      await forge.events.append({ topic: 'b', payload: round })
      clock.advance(1_000)
      await Promise.all([forge.close(), forge.close()])
    }
    await using forge = await Forge.open(options)
    const { topics, ...stats } = forge.stats()
    expect(stats).toMatchObject({ entries: 9, shardCount: 1 })
    expect(stats.bytesOnDisk).toBeGreaterThan(1_000)
    expect(topics).toMatchObject([
      { stream: 'logs', topic: 'a', count: 6, first: 3, last: 5 },
      { stream: 'events', topic: 'b', count: 3 },
    ])
    const history = await forge.metricsHistory()
    expect(history).toHaveLength(3)
    expect(history.map(({ at }) => at)).toEqual(
      history.map(({ at }) => at).toSorted((left, right) => left - right),
    )
    expect(history[0]!.readings).toMatchObject({ logs_append_entries_total: 2 })
    expect(forge.health()).toMatchObject({ state: 'healthy', reasons: [] })
    expect(forge.keys.status().slots).toHaveLength(1)
    expect(JSON.stringify(forge.keys.status())).not.toMatch(/"(?:key|secret|wrapped)"/)
    expect(forge.metrics().size).toBeGreaterThan(0)
  })

  test('verifies everything it holds, and is refused after close', async () => {
    await using folder = await temporaryFolder()
    const forge = await Forge.open({ path: folder.path, secret: SECRET, shardCount: 2 })
    await forge.logs.append({ topic: 'a', message: 'x' })
    await forge.settings.set('a', 1)
    const report = await forge.verify()
    expect(report).toMatchObject({ ok: true, problems: [], counts: { blocks: 1, entries: 1 } })
    expect(report.checked).toBe(
      report.counts.frames + report.counts.tables + report.counts.values + report.counts.blocks,
    )
    await forge.close()
    await expect(forge.logs.append({ topic: 'a', message: 'x' })).rejects.toEqual(failing('STORE_CLOSED'))
    await expect(forge.settings.get('a')).rejects.toThrow()
  })
})

describe('ciphers that are not allowed', () => {
  const allowedSuites = ['aes-256-gcm', 'xchacha20-poly1305'] as const

  test('keep a store that is not encrypted from being opened or made, and nothing is written', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    const options: ForgeOptions = { path, secret: SECRET, shardCount: 1, encryption: 'none' }
    await expect(Forge.open({ ...options, allowedSuites })).rejects.toEqual(
      failing('CRYPTO_SUITE_REFUSED', { suite: 'none' }),
    )
    expect(existsSync(path)).toBe(false)
    await (await Forge.open(options)).close()
    const before = await readFile(join(path, 'keyring'))
    const { encryption: _, ...again } = options
    await expect(Forge.open({ ...again, allowedSuites })).rejects.toEqual(
      failing('CRYPTO_SUITE_REFUSED', { suite: 'none' }),
    )
    expect(await readFile(join(path, 'keyring'))).toEqual(before)
    await (await Forge.open({ ...again, allowedSuites: ['none'] })).close()
  })

  test('let a store of an allowed one work, and refuse its secrets where theirs is not', async () => {
    await using folder = await temporaryFolder()
    const options: ForgeOptions = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
    const first = await Forge.open({ ...options, allowedSuites })
    await first.settings.set('a', 1)
    await first.vault.set('a', 'secret')
    await first.close()
    await using second = await Forge.open({ ...options, allowedSuites: ['aes-256-gcm'] })
    expect(await second.settings.get('a')).toBe(1)
    await expect(second.vault.get('a')).rejects.toEqual(failing('CRYPTO_SUITE_REFUSED'))
    await expect(second.subjects.seal('ann', 'x')).rejects.toEqual(failing('CRYPTO_SUITE_REFUSED'))
  })
})
