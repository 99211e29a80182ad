import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { rawKeyProvider } from '@forgeone/crypto'
import { SECRET_BYTES_MAX } from '../src/index.ts'
import { codeOf, openVault, PROVIDER } from './vault-host.ts'

describe('a secret', () => {
  test('comes back in its newest and in older versions, over a reopening', async () => {
    const host = await openVault()
    expect(await host.vault.get('db/password')).toBeUndefined()
    expect(await host.vault.set('db/password', 'first')).toMatchObject({ version: 1 })
    expect(await host.vault.set('db/password', new Uint8Array([0, 255, 1]))).toMatchObject({ version: 2 })
    for (const { vault } of [await host.reopen()]) {
      expect((await vault.get('db/password'))!.bytes).toEqual(new Uint8Array([0, 255, 1]))
      expect((await vault.get('db/password', { version: 1 }))!.text()).toBe('first')
      expect(await vault.get('db/password', { version: 3 })).toBeUndefined()
      expect(await vault.get('db/other')).toBeUndefined()
    }
  })

  test('that many set at once costs an erasure for each version that is dropped, and not for each caller', async () => {
    const { vault, store } = await openVault()
    const before = store.sequence
    await Promise.all(Array.from({ length: 60 }, (_, n) => vault.set('a', `${n}`)))
    expect((await vault.info('a'))!.versions.at(-1)!.version).toBe(60)
    // Each of them a commit, and at most one more for what it dropped.
    expect(store.sequence - before).toBeLessThanOrEqual(120)
  })

  test('is set with check and set by one of a hundred writers for each version', async () => {
    const { vault } = await openVault()
    for (let version = 0; version < 3; version++) {
      const writers = Array.from({ length: 100 }, (_, index) =>
        codeOf(vault.set('a', `${index}`, { cas: version })),
      )
      const codes = await Promise.all(writers)
      expect(codes.filter((code) => code === 'nothing')).toHaveLength(1)
      expect(codes.filter((code) => code === 'VAULT_CAS_MISMATCH')).toHaveLength(99)
    }
    expect((await vault.info('a'))!.current).toBe(3)
    await vault.configure('a', { casRequired: true })
    expect(await codeOf(vault.set('a', 'x'))).toBe('VAULT_CAS_REQUIRED')
  })

  test('is hidden by delete, comes back by undelete, and is gone for good by destroy', async () => {
    const host = await openVault()
    const { vault } = host
    for (const value of ['1', '2', '3']) await vault.set('a', value)
    await vault.delete('a')
    expect(await vault.get('a')).toBeUndefined()
    expect((await vault.get('a', { version: 2 }))!.text()).toBe('2')
    await vault.undelete('a', [3])
    expect((await vault.get('a'))!.text()).toBe('3')
    await vault.destroy('a', [2])
    for (const reopened of [false, true]) {
      const each = reopened ? (await host.reopen()).vault : vault
      expect(await codeOf(each.get('a', { version: 2 }))).toBe('VAULT_VERSION_DESTROYED')
      expect((await each.get('a', { version: 1 }))!.text()).toBe('1')
      const states = (await each.info('a'))!.versions.map(({ state }) => state)
      expect(states).toEqual(['readable', 'destroyed', 'readable'])
    }
  })

  test('keeps as many versions as it is told, and its numbers go on after a purge', async () => {
    const { vault } = await openVault()
    await vault.set('a', '1')
    await vault.configure('a', { kept: 3, custom: { owner: 'team a' } })
    for (let index = 2; index <= 6; index++) await vault.set('a', String(index))
    expect((await vault.info('a'))!.versions.map(({ version }) => version)).toEqual([4, 5, 6])
    expect(await vault.get('a', { version: 3 })).toBeUndefined()
    await vault.purge('a')
    expect([await vault.get('a'), await vault.info('a'), await vault.list()]).toEqual([
      undefined,
      undefined,
      [],
    ])
    expect(await vault.set('a', 'again', { cas: 0 })).toMatchObject({ version: 7 })
  })

  test('expires, and a clock that goes back does not revive it, also not over a reopening', async () => {
    const host = await openVault()
    const { vault, clock } = host
    await vault.set('a', 'short', { ttlMs: 1000 })
    expect((await vault.get('a'))!.text()).toBe('short')
    clock.advance(1001)
    expect(await vault.get('a')).toBeUndefined()
    clock.advance(-50_000)
    expect(await vault.get('a')).toBeUndefined()
    expect(await (await host.reopen()).vault.get('a')).toBeUndefined()
  })

  test('is not printed by anything that prints values', async () => {
    const { vault } = await openVault()
    await vault.set('a', 'topsecret-4711')
    const value = (await vault.get('a'))!
    const printed = [
      String(value),
      JSON.stringify({ value }),
      inspect(value),
      inspect({ value }, { showHidden: true }),
      `${value}`,
    ]
    expect(printed.join()).not.toContain('topsecret')
    expect(printed.join()).toContain('[secret]')
    value.wipe()
    expect(value.bytes).toEqual(new Uint8Array(14))
  })

  test('within limits and with a proper path only', async () => {
    const { vault } = await openVault()
    await vault.set('a', new Uint8Array(SECRET_BYTES_MAX))
    expect(await codeOf(vault.set('a', new Uint8Array(SECRET_BYTES_MAX + 1)))).toBe('VAULT_LIMIT')
    const paths = [
      '',
      '/a',
      'a//b',
      'a/',
      '.',
      '../a',
      'a/./b',
      'a\u0000',
      'a\nb',
      'a/*',
      '**',
      'x'.repeat(513),
      Array(18).join('a/') + 'a',
      'e\u0301',
      '\ud800',
    ]
    for (const path of paths)
      expect([path, await codeOf(vault.set(path, 'v'))]).toEqual([path, 'VAULT_PATH_INVALID'])
    expect(await codeOf(vault.delete('none'))).toBe('VAULT_UNKNOWN')
    expect(await codeOf(vault.destroy('a', [9]))).toBe('VAULT_UNKNOWN')
    expect(await codeOf(vault.configure('a', { kept: 0 }))).toBe('VAULT_LIMIT')
    expect(await codeOf(vault.getMany(Array.from({ length: 257 }, () => 'a')))).toBe('VAULT_LIMIT')
  })

  test('is generated in each kind', async () => {
    const { vault } = await openVault()
    const kinds = {
      bytes: /^/,
      password: /^[\w-]{40}$/,
      uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ed25519: /^-----BEGIN PRIVATE KEY-----/,
    } as const
    for (const [kind, form] of Object.entries(kinds)) {
      // The names are those of the kinds.
      await vault.generate(kind, { kind: kind as keyof typeof kinds, length: 40 })
      expect((await vault.get(kind))!.text()).toMatch(form)
    }
    expect((await vault.get('bytes'))!.bytes).toHaveLength(40)
  })
})

test('lists secrets by pattern, and never their values', async () => {
  const { vault } = await openVault()
  for (const path of ['db/a/password', 'db/b/password', 'db/b/user', 'dbx/a', 'top'])
    await vault.set(path, 'hidden-value')
  const paths = async (pattern?: string): Promise<readonly string[]> =>
    (await vault.list(pattern)).map(({ path }) => path)
  expect(await paths()).toEqual(['db/a/password', 'db/b/password', 'db/b/user', 'dbx/a', 'top'])
  expect(await paths('db/**')).toEqual(['db/a/password', 'db/b/password', 'db/b/user'])
  expect(await paths('db/*/password')).toEqual(['db/a/password', 'db/b/password'])
  expect(await paths('*')).toEqual(['top'])
  expect(JSON.stringify(await vault.list())).not.toContain('hidden')
  expect(await codeOf(vault.list('a/**/b'))).toBe('VAULT_PATH_INVALID')
})

test('every reading, listing, change and refusal is one commit before its answer', async () => {
  const { vault, store } = await openVault()
  const commitsOf = async (action: () => Promise<unknown>): Promise<number> => {
    const before = store.sequence
    await action().catch(() => undefined)
    return store.sequence - before
  }
  expect(await commitsOf(() => vault.set('a', 'v'))).toBe(1)
  expect(await commitsOf(() => vault.get('a'))).toBe(1)
  expect(await commitsOf(() => vault.get('absent'))).toBe(1)
  expect(await commitsOf(() => vault.getMany(['a', 'a', 'absent']))).toBe(1)
  expect(await commitsOf(() => vault.list())).toBe(1)
  expect(await commitsOf(() => vault.leases.redeem('fl_nothing'))).toBe(1)
  expect(await commitsOf(() => vault.unseal(rawKeyProvider(new Uint8Array(32))))).toBe(1)
})

test('a reading whose commit fails gives nothing', async () => {
  const { vault, store } = await openVault()
  await vault.set('a', 'v')
  await vault.get('a')
  await store.close()
  expect(await codeOf(vault.get('a'))).toBe('STORE_CLOSED')
})

describe('a sealed vault', () => {
  test('refuses everything, also after a reopening, until a right secret unseals it', async () => {
    const host = await openVault()
    await host.vault.set('a', 'v')
    await host.vault.seal()
    const { vault, store } = await host.reopen()
    const before = store.sequence
    expect(await vault.status()).toEqual({ sealed: true, secrets: undefined })
    for (const refused of [vault.get('a'), vault.set('a', 'w'), vault.list(), vault.leases.redeem('fl_x')]) {
      expect(await codeOf(refused)).toBe('VAULT_SEALED')
    }
    // Each refusal is a leaf.
    expect(store.sequence - before).toBe(4)
    expect(await codeOf(vault.unseal(rawKeyProvider(new Uint8Array(32))))).toBe('KEY_SECRET_WRONG')
    await vault.unseal(PROVIDER)
    expect((await vault.get('a'))!.text()).toBe('v')
  })

  test('that was only locked loads again by itself', async () => {
    const { vault } = await openVault()
    await vault.set('a', 'v')
    vault.close()
    expect((await vault.get('a'))!.text()).toBe('v')
  })
})

describe('a lease', () => {
  test('with one use is redeemed once by fifty callers', async () => {
    const { vault } = await openVault()
    await vault.set('a', 'v')
    const { token } = await vault.leases.create('a', { ttlMs: 1000, maxUses: 1 })
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(vault.leases.redeem(token))))
    expect(codes.filter((code) => code === 'nothing')).toHaveLength(1)
    expect(codes.filter((code) => code === 'VAULT_LEASE_SPENT')).toHaveLength(49)
  })

  test('gives the version it was made for until it ends, is revoked, or the version is gone', async () => {
    const host = await openVault()
    const { vault, clock } = host
    await vault.set('a', 'old')
    const { token, id } = await vault.leases.create('a', { ttlMs: 1000 })
    const other = await vault.leases.create('a', { ttlMs: 1000 })
    await vault.set('a', 'new')
    expect((await (await host.reopen()).vault.leases.redeem(token)).text()).toBe('old')
    const again = (await openVault()).vault
    expect(await codeOf(again.leases.redeem(token))).toBe('VAULT_LEASE_EXPIRED')
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    clock.advance(1001)
    expect(await codeOf(vault.leases.redeem(other.token))).toMatch(/VAULT_LEASE_EXPIRED|STORE_CLOSED/)
  })

  test('is listed without its token, revoked, and refused beyond limits', async () => {
    const { vault } = await openVault()
    await vault.set('a', 'v')
    const { token, id } = await vault.leases.create('a', { ttlMs: 1000, maxUses: 3 })
    await vault.leases.redeem(token)
    const listed = await vault.leases.list()
    expect(listed).toMatchObject([{ id, path: 'a', usesLeft: 2 }])
    expect(JSON.stringify(listed)).not.toContain(token)
    await vault.destroy('a')
    expect(await codeOf(vault.leases.redeem(token))).toBe('VAULT_VERSION_DESTROYED')
    expect([await vault.leases.revoke(id), await vault.leases.revoke(id)]).toEqual([true, false])
    expect(await codeOf(vault.leases.redeem(token))).toBe('VAULT_LEASE_EXPIRED')
    for (const o of [{ ttlMs: 0 }, { ttlMs: 1e12 }, { ttlMs: 1000, maxUses: 0 }]) {
      expect(await codeOf(vault.leases.create('a', o))).toBe('VAULT_LIMIT')
    }
    expect(await codeOf(vault.leases.create('none', { ttlMs: 1000 }))).toBe('VAULT_UNKNOWN')
  })
})

test('refusals are few commits, however many tokens are tried and calls made on a sealed vault', async () => {
  const { vault, store } = await openVault()
  await vault.set('a', 'x')
  const before = store.sequence
  const tried = Array.from({ length: 5000 }, (_, index) => codeOf(vault.leases.redeem(`fl_${index}`)))
  expect(new Set(await Promise.all(tried))).toEqual(new Set(['VAULT_LEASE_EXPIRED']))
  await vault.seal()
  const refused = Array.from({ length: 5000 }, () => codeOf(vault.get('a')))
  expect(new Set(await Promise.all(refused))).toEqual(new Set(['VAULT_SEALED']))
  vault.close()
  await store.flush()
  expect(store.sequence - before).toBeLessThan(50)
  await store.close()
})
