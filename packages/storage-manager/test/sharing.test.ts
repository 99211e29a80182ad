// A store used from elsewhere is the store: the same answers, codes and rights, whatever crosses.

import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isForgeError } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge, type ConnectedForge } from '../src/index.ts'
import { GOOD_ARGUMENTS } from './good-arguments.ts'
import { PERMISSIONS } from './plans.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
/** Twins: what is called on the one by its owner is called on the other from elsewhere. */
let alone: Forge
let shared: Forge
let connected: ConnectedForge

const optionsAt = (name: string) => ({
  path: join(folder.path, name),
  secret: SECRET,
  shardCount: 1,
  share: 'local' as const,
})

beforeAll(async () => {
  folder = await temporaryFolder()
  alone = await Forge.open({ ...optionsAt('alone'), share: 'off' })
  shared = await Forge.open(optionsAt('shared'))
  connected = await Forge.connect(doorOf('shared'))
})
afterAll(async () => {
  await connected.close()
  await shared.close()
  await alone.close()
  await folder[Symbol.asyncDispose]()
})

/** What connecting takes. */
function doorOf(name: string): { readonly path: string; readonly secret: typeof SECRET } {
  return { path: optionsAt(name).path, secret: SECRET }
}

function faceOf(forge: object, name: string): Record<string, (...args: readonly unknown[]) => unknown> {
  const parts = name === 'forge' ? [] : name.split('.')
  return parts.reduce<object>((face, part) => Reflect.get(face, part) as object, forge) as never
}

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    const answer = await call()
    if (answer === undefined || answer === null) return String(answer)
    if (typeof answer !== 'object') return typeof answer
    const isIterable = Symbol.asyncIterator in answer
    return isIterable ? 'iterable' : Object.keys(answer).sort().join()
  } catch (error) {
    return isForgeError(error) ? error.code : `other: ${String(error)}`
  }
}

test('every method gives from elsewhere what it gives its owner: the same answer, or the same code', async () => {
  const differing: string[] = []
  for (const [face, methods] of Object.entries(GOOD_ARGUMENTS)) {
    for (const [method, args] of Object.entries(methods)) {
      // Who is there differs, as it should.
      if ('skip' in args || method === 'connections') continue
      const local = await outcomeOf(() => faceOf(alone, face)[method]!(...args))
      const crossed = await outcomeOf(() => faceOf(connected, face)[method]!(...args))
      if (crossed !== local && crossed !== 'STORE_LOCKED')
        differing.push(`${face}.${method}: ${local}, and from elsewhere ${crossed}`)
    }
  }
  expect(differing).toEqual([])
})

test('every public method is there from elsewhere, or says which process can call it', async () => {
  const missing: string[] = []
  for (const [face, rules] of Object.entries(PERMISSIONS))
    for (const method of Object.keys(rules))
      if (typeof faceOf(connected, face)[method] !== 'function') missing.push(`${face}.${method}`)
  expect(missing).toEqual([])
  await expect(Promise.resolve(faceOf(connected, 'forge')['as']!('ann'))).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`process ${process.pid}`),
  })
})

test('entries, receipts and secrets have their methods there too', async () => {
  const receipt = await connected.logs.append({ topic: 'crossing', message: 'a line' })
  const [entry] = await connected.logs.read({ topic: 'crossing' }).toArray()
  expect(entry).toMatchObject({ id: receipt.ids[0], message: 'a line' })
  expect(entry!.contentHash).toBe((await shared.logs.get(receipt.ids[0]!))!.contentHash)
  await connected.events.append({ topic: 'crossing', payload: new Uint8Array([1, 2]) })
  const [event] = await connected.events.read({ topic: 'crossing' }).toArray()
  expect(event!.payload).toEqual(new Uint8Array([1, 2]))
  await connected.vault.set('crossing', 'hidden')
  const secret = await connected.vault.get('crossing')
  expect([secret!.text(), `${secret}`]).toEqual(['hidden', '[secret]'])
})

test('a subscription, a handler and a transaction work from elsewhere, and deliveries go back when their holder goes', async () => {
  for (let n = 0; n < 3; n++) await shared.events.append({ topic: 'jobs.done', payload: n })
  const other = await Forge.connect(doorOf('shared'))
  const lost = await other.events.subscribe({ group: 'g', topics: ['jobs.done'], from: 'start' })
  expect((await lost.nextBatch(3)).map(({ entry }) => entry.payload)).toEqual([0, 1, 2])
  await other.close()
  // Not after their time, but at once.
  const subscription = await connected.events.subscribe({ group: 'g' })
  const [delivery] = await subscription.nextBatch(1)
  await connected.transaction((tx) => {
    tx.settings.set('jobs.last', 0)
    tx.ack(delivery! as never)
  })
  const done = delivery!.entry.payload
  expect(await shared.settings.get('jobs.last')).toBe(0)
  await subscription.close()
  const seen: unknown[] = []
  const all = Promise.withResolvers<void>()
  const handled = await connected.events.subscribe(
    { group: 'g' },
    ({ entry }: { entry: { payload: unknown } }) => {
      seen.push(entry.payload)
      if (seen.length === 2) all.resolve()
    },
  )
  await all.promise
  await handled.close()
  expect([done, ...seen].sort()).toEqual([0, 1, 2])
})

test('a token has its rights and nothing more, and nothing once it is revoked', async () => {
  await shared.access.grant(
    { holder: 'ann', actions: ['settings.read'], resource: 'settings/**' },
    { by: 'bob' },
  )
  const { token, info } = await shared.access.createToken('ann')
  const ann = await Forge.connect({ path: optionsAt('shared').path, token })
  await shared.settings.set('theme', 'dark')
  expect(await ann.settings.get('theme')).toBe('dark')
  expect(shared.connections().map(({ principal }) => principal)).toContain('ann')
  for (const call of [
    () => ann.settings.set('theme', 'light'),
    () => ann.vault.get('crossing'),
    () => ann.checkpoint(join(folder.path, 'image')),
    () => ann.keys.status(),
  ])
    await expect(Promise.resolve().then(call)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  await shared.access.revokeToken(info.id)
  await expect(ann.settings.get('theme')).rejects.toMatchObject({ code: 'ACCESS_TOKEN_INVALID' })
  await ann.close()
  await expect(Forge.connect({ path: optionsAt('shared').path, token })).rejects.toMatchObject({
    code: 'ACCESS_TOKEN_INVALID',
  })
})

test('a wrong secret is refused, counted, and a leaf', async () => {
  const wrong = { path: optionsAt('shared').path, secret: { key: new Uint8Array(32).fill(9) } }
  await expect(Forge.connect(wrong)).rejects.toMatchObject({ code: 'KEY_SECRET_WRONG' })
})

test('many that join at once share one store, and go on when it has another owner', async () => {
  const options = optionsAt('joined')
  const handles = await Promise.all(Array.from({ length: 8 }, () => Forge.join(options)))
  await Promise.all(handles.map((forge, n) => forge.settings.set(`from.${n}`, n)))
  expect((await handles[0]!.settings.list('from')).length).toBe(8)
  // Whoever opened it has everything too.
  for (const forge of handles) {
    await forge.transaction((tx) => tx.settings.set('all', 1))
    expect((await forge.health()).state).toBe('healthy')
    expect(await forge.sequence).toBeGreaterThan(0)
  }
  for (const forge of handles) await forge.close()
  await using again = await Forge.join(options)
  expect((await again.settings.list('from')).length).toBe(8)
})

test.each([
  ['a file', (path: string) => writeFileSync(path, 'of somebody else')],
  ['a directory', (path: string) => mkdirSync(path)],
  ['a link', (path: string) => symlinkSync('/nowhere', path)],
])('%s in the place of the socket keeps no store from opening', async (_, put) => {
  const options = optionsAt(`stranger-${_.slice(2)}`)
  await (await Forge.open(options)).close()
  put(join(options.path, 'forge.sock'))
  await using forge = await Forge.open(options)
  await forge.settings.set('a', 1)
  expect(await forge.settings.get('a')).toBe(1)
})

test('the socket is of this user alone, gone with the store, and not there where it is not wanted', async () => {
  const options = optionsAt('socket')
  const forge = await Forge.open(options)
  const path = join(options.path, 'forge.sock')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await forge.close()
  expect(existsSync(path)).toBe(false)
  await using unshared = await Forge.open({ ...options, share: 'off' })
  expect([existsSync(path), unshared.connections()]).toEqual([false, []])
  await expect(Forge.connect(doorOf('socket'))).rejects.toMatchObject({ code: 'STORE_NOT_SHARED' })
})

test('a token is not sent into a directory that others may write', async () => {
  const options = optionsAt('open-to-all')
  const forge = await Forge.open(options)
  const { token } = await forge.access.createToken('ann')
  chmodSync(options.path, 0o777)
  await expect(Forge.connect({ path: options.path, token })).rejects.toThrow()
  await forge.close()
})
