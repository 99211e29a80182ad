import { ForgeError, ManualClock } from '@forgeone/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }
const clock = new ManualClock()
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  await forge.logs.append({ topic: 'app.web', message: 'hello' })
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

describe('a token', () => {
  test('stands for its principal until it is revoked or expires', async () => {
    await forge.access.setRoles('robot', ['reader'])
    const { token, info } = await forge.access.createToken('robot', { ttlMs: 5000 })
    const handle = forge.authenticate(token)
    expect(await handle.logs.read().toArray()).toHaveLength(1)
    expect(JSON.stringify(forge.access.tokens())).not.toContain(token.slice(-20))
    const other = await forge.access.createToken('robot', { ttlMs: 5000 })
    await forge.access.revokeToken(info.id)
    expect(await codeOf(() => handle.logs.read())).toBe('ACCESS_TOKEN_INVALID')
    clock.advance(5000)
    expect(await codeOf(() => forge.authenticate(other.token))).toBe('ACCESS_TOKEN_EXPIRED')
    for (const wrong of [
      '',
      'ft_x',
      token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      `ft_${'0'.repeat(16)}_${'A'.repeat(43)}`,
    ]) {
      expect(await codeOf(() => forge.authenticate(wrong))).toBe('ACCESS_TOKEN_INVALID')
    }
  })
})

test('a token tells its last use to the hour: one commit an hour, which no call waits for', async () => {
  const { token, info } = await forge.access.createToken('sleeper')
  const lastUsed = (): number | undefined => forge.access.tokens().find(({ id }) => id === info.id)!.lastUsed
  const usesLogged = async (): Promise<number> => {
    await forge.audit.checkpoint()
    let found = 0
    for await (const { facts } of forge.audit.query({ act: 'access.token-used' }))
      if (facts.context?.['id'] === info.id) found++
    return found
  }
  expect(lastUsed()).toBeUndefined()
  const first = clock.now()
  const handle = forge.authenticate(token)
  for (let call = 0; call < 3; call++) expect(await codeOf(() => handle.stats())).toBe('ACCESS_DENIED')
  clock.advance(3_599_999)
  expect(await codeOf(() => handle.stats())).toBe('ACCESS_DENIED')
  expect([lastUsed(), await usesLogged()]).toEqual([first, 1])
  clock.advance(1)
  // A wrong secret is no use.
  expect(await codeOf(() => forge.authenticate(`${token.slice(0, -2)}AA`))).toBe('ACCESS_TOKEN_INVALID')
  expect(lastUsed()).toBe(first)
  expect(await codeOf(() => handle.stats())).toBe('ACCESS_DENIED')
  await forge.close()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, clock })
  expect([lastUsed(), await usesLogged()]).toEqual([first + 3_600_000, 2])
  await forge.access.revokeToken(info.id)
  await forge.close()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, clock })
  expect(forge.access.tokens().find(({ id }) => id === info.id)).toBeUndefined()
  expect(await codeOf(() => forge.authenticate(token))).toBe('ACCESS_TOKEN_INVALID')
})
