// A creation that is refused leaves the place as it was.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ForgeError } from '@forgeone/common'
import type { KeyProvider } from '@forgeone/crypto'
import { expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const failing: KeyProvider = {
  ...({ kind: 'raw-key' } as KeyProvider),
  create: () => Promise.reject(new Error('no key today')),
}

const REFUSED: Readonly<Record<string, { readonly options: Partial<ForgeOptions>; readonly code: string }>> =
  {
    'a weak passphrase': { options: { secret: 'password1234' }, code: 'KEY_SECRET_WEAK' },
    'a short passphrase': { options: { secret: 'short' }, code: 'KEY_SECRET_WEAK' },
    'a short key': { options: { secret: { key: new Uint8Array(3) } }, code: 'KEY_SECRET_WEAK' },
    'no secret': { options: { secret: undefined }, code: 'KEY_SECRET_MISSING' },
    'a provider that fails': {
      options: { secret: undefined, keyProvider: failing },
      code: 'KEY_PROVIDER_FAILED',
    },
    'a secret and a provider': { options: { keyProvider: failing }, code: 'STORE_OPTION_INVALID' },
    'a suite that is not allowed': {
      options: { encryption: 'aes-256-gcm', allowedSuites: ['xchacha20-poly1305'] },
      code: 'CRYPTO_SUITE_REFUSED',
    },
    'an anchor that is none': { options: { anchors: [{} as never] }, code: 'STORE_OPTION_INVALID' },
    'too many shards': { options: { shardCount: 17 }, code: 'STORE_OPTION_INVALID' },
  }

for (const [name, { options, code }] of Object.entries(REFUSED)) {
  test(`${name} leaves nothing where nothing was, and an empty directory as it was`, async () => {
    await using folder = await temporaryFolder()
    const empty = join(folder.path, 'empty')
    mkdirSync(empty)
    for (const create of ['if-missing', 'always'] as const) {
      for (const path of [join(folder.path, 'new', 'deep'), empty]) {
        const refused = await Forge.open({ path, secret: SECRET, create, ...options }).catch(
          (error: unknown) => error,
        )
        expect(refused).toBeInstanceOf(ForgeError)
        expect(refused).toMatchObject({ code })
        expect(readdirSync(folder.path)).toEqual(['empty'])
        expect(readdirSync(empty)).toEqual([])
      }
    }
    await (await Forge.open({ path: empty, secret: SECRET, shardCount: 1 })).close()
  })
}

test('a refusal removes nothing of anybody else', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  mkdirSync(path)
  writeFileSync(join(path, 'thesis.txt'), 'text')
  await expect(Forge.open({ path, secret: SECRET })).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
  expect(readdirSync(path)).toEqual(['thesis.txt'])
  const store = join(folder.path, 'store')
  await (await Forge.open({ path: store, secret: SECRET, shardCount: 1 })).close()
  const before = readdirSync(store)
  await expect(Forge.open({ path: store, secret: 'password1234', create: 'always' })).rejects.toMatchObject({
    code: 'STORE_EXISTS',
  })
  await expect(Forge.open({ path: store, secret: 'password1234' })).rejects.toMatchObject({
    code: expect.stringMatching(/^KEY_SECRET_/),
  })
  expect(readdirSync(store).sort()).toEqual(before.sort())
})
