import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileAnchor } from '@forgeone/audit'
import { ForgeError, ManualClock } from '@forgeone/common'
import { expect, test } from 'vitest'
import { applyKeyPolicy, overdueScopes } from '../src/keys/key-policy.ts'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

test('a directory that was put back to an earlier state is refused by its anchor, and signs nothing', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const options: ForgeOptions = { path, secret: KEY, shardCount: 1 }
  await (await Forge.open(options)).close()
  const anchor = await fileAnchor({ path: join(folder.path, 'anchor'), dataDirectory: path })
  const withAnchor = { ...options, anchors: [anchor] }
  const first = await Forge.open(withAnchor)
  await first.settings.set('a', 1)
  await first.close()
  cpSync(path, join(folder.path, 'earlier'), { recursive: true })
  const second = await Forge.open(withAnchor)
  await second.settings.set('a', 2)
  await second.close()
  const notes = readFileSync(join(folder.path, 'anchor'), 'utf8')
  rmSync(path, { recursive: true })
  cpSync(join(folder.path, 'earlier'), path, { recursive: true })
  expect(await codeOf(Forge.open(withAnchor))).toBe('AUDIT_ROLLBACK')
  expect(readFileSync(join(folder.path, 'anchor'), 'utf8')).toBe(notes)
  // Another history from the same state is a fork, once it is longer.
  const fork = await Forge.open(options)
  for (let index = 0; index < 20; index++) await fork.settings.set('a', 3)
  await fork.close()
  expect(await codeOf(Forge.open(withAnchor))).toBe('AUDIT_FORK')
})

test('an anchor that fails keeps nobody from working, and is told to the logger', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const messages: string[] = []
  const failing = {
    kind: 'command' as const,
    place: 'nowhere',
    newest: () => Promise.resolve(undefined),
    publish: () => Promise.reject(new ForgeError('AUDIT_ANCHOR_FAILED', 'the anchor is away')),
  }
  const logger = { log: (_level: string, message: string) => void messages.push(message) }
  const forge = await Forge.open({ path, secret: KEY, shardCount: 1, anchors: [failing], logger })
  await forge.close()
  expect(messages).toContain('the anchor is away')
})

test('keys that are due are rotated, what they sealed moves, and nothing else happens', async () => {
  await using folder = await temporaryFolder()
  const clock = new ManualClock()
  const forge = await Forge.open({ path: join(folder.path, 'data'), secret: KEY, shardCount: 1, clock })
  await forge.settings.set('a', 1)
  const { signal } = new AbortController()
  const policy = { maxAgeDays: 30 }
  expect(await applyKeyPolicy(forge.keys, { policy, clock, signal })).toEqual([])
  clock.advance(31 * 86_400_000)
  expect(overdueScopes(forge.keys, { policy, clock })).toEqual(expect.arrayContaining([...forge.keys.scopes]))
  expect(await applyKeyPolicy(forge.keys, { policy: { ...policy, auto: false }, clock, signal })).toEqual([])
  expect((await applyKeyPolicy(forge.keys, { policy, clock, signal })).length).toBe(forge.keys.scopes.length)
  expect(overdueScopes(forge.keys, { policy, clock })).toEqual([])
  const uses = await forge.keys.uses()
  const old = forge.keys.status().keys.filter(({ state }) => state === 'decrypt-only')
  expect(old.every(({ id }) => !uses.has(id))).toBe(true)
  expect(await forge.settings.get('a')).toBe(1)
  await forge.close()
})
