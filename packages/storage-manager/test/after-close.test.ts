// Every public method of every face, called after the store was closed: it is refused with a code, or answers what memory
// alone knows. Nothing hangs, nothing is rejected unheard.

import { ForgeError } from '@forgeone/common'
import { fileAnchor } from '@forgeone/audit'
import { rawKeyProvider } from '@forgeone/crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PERMISSIONS } from './plans.ts'
import { Forge, type Transaction } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

const CALL_MS_MAX = 60_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge
/** Reached while it was open, as a program holds them. */
const faces = new Map<string, object>()
const unheard: unknown[] = []
const hear = (reason: unknown): void => void unheard.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', hear)
  folder = await temporaryFolder()
  forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  await forge.events.append({ topic: 'orders', id: 'e1', payload: 1 })
  await forge.logs.append({ topic: 'app', message: 'x' })
  await forge.settings.set('a', 1)
  await forge.vault.set('a/b', 'x')
  made = await makeWhatGoes()
  for (const name of Object.keys(PERMISSIONS)) faces.set(name, faceOf(name))
  await forge.close()
})

afterAll(async () => {
  process.off('unhandledRejection', hear)
  await folder[Symbol.asyncDispose]()
})

function faceOf(name: string): object {
  let face: unknown = forge
  for (const part of name === 'forge' ? [] : name.split('.')) face = Reflect.get(face as object, part)
  return face as object
}

/** What memory alone knows, what ends something that has ended, and what only makes an object: it answers. */
const ANSWERED: readonly string[] = [
  ...['health', 'metrics', 'stats', 'connections', 'close'].map((method) => `forge.${method}`),
  ...['logs', 'events'].flatMap((stream) =>
    ['topics', 'coldBytes', 'topicOperations.retentionRules', 'close'].map((method) => `${stream}.${method}`),
  ),
  ...['groups.list', 'groups.close', 'checkpoints.get', 'checkpoints.list'].map(
    (method) => `events.${method}`,
  ),
  'background.list',
  'background.close',
  'events.defineUpcast',
  'events.topic',
  'keys.status',
  'vault.as',
  'vault.close',
  'cache.close',
  'cache.empty',
  ...['list', 'check', 'checkPseudonym', 'tokens', 'onChange', 'close'].map((method) => `access.${method}`),
]

/** Called by the store itself, with what it has checked. */
const INTERNAL: readonly string[] = [
  ...['load', 'observe', 'settle', 'succeed', 'useSigners', 'refuseSigning', 'start', 'stop', 'close'].map(
    (method) => `audit.${method}`,
  ),
  'access.forgetSetAside',
]

/** Where it is not STORE_CLOSED: an image is looked for first. */
const CODES: Readonly<Record<string, RegExp>> = {
  cache: /^CACHE_CLOSED$/,
  images: /^(CACHE_CLOSED|IMAGE_UNREADABLE|INPUT_NOT_FOUND)$/,
}

type Given = Readonly<Record<string, readonly unknown[]>>
let made: Given

/** What there must be to be destroyed or revoked: what is not there is refused for that. */
async function makeWhatGoes(): Promise<Given> {
  const slot = await forge.keys.addProvider(rawKeyProvider(new Uint8Array(32).fill(7)))
  await forge.keys.rotate({ scopes: ['system'] })
  const old = forge.keys.status().keys.find(({ state }) => state === 'decrypt-only')!
  const grant = await forge.access.grant({ holder: 'ann', actions: ['data.read'], resource: 'events/x' })
  const { token, info } = await forge.access.createToken('ann')
  return {
    'keys.removeProvider': [slot.id],
    'keys.destroy': [old.id],
    'keys.destroyUnused': [old.id],
    'access.revoke': [grant.id],
    'access.revokeToken': [info.id],
    'access.authenticate': [token],
    'forge.authenticate': [token],
    'subjects.open': [await forge.subjects.seal('ann', 'value')],
  }
}

async function* lines(stream: string): AsyncGenerator<Uint8Array> {
  const entry = stream === 'events' ? '"payload":1' : '"message":"x"'
  yield await Promise.resolve(Buffer.from(`{"topic":"orders",${entry}}\n`))
}

/** Arguments that get past the checks, where none do not. */
async function argumentsOf(): Promise<Given> {
  const outside = join(folder.path, 'outside')
  const anchor = await fileAnchor({
    path: join(folder.path, 'anchor'),
    dataDirectory: join(folder.path, 'data'),
  })
  return {
    ...made,
    'forge.publishTo': [anchor],
    'forge.checkpoint': [outside],
    'forge.removeDamagedRow': ['system/1000'],
    'forge.forgetCheckpoint': ['00'.repeat(16)],
    'forge.as': ['ann'],
    'forge.transaction': [(tx: Transaction) => tx.settings.set('a', 2)],
    ...Object.fromEntries(
      ['logs', 'events'].flatMap((stream) => [
        [`${stream}.search`, ['orders', {}]],
        [`${stream}.table`, ['orders']],
        [`${stream}.importFrom`, [lines(stream), { topic: 'orders' }]],
      ]),
    ),
    'events.topic': ['a.b', { '~standard': { version: 1, vendor: 'test', validate: () => ({}) } }],
    'events.defineUpcast': [{ topic: 'orders', from: 1, to: 2, apply: (payload: unknown) => payload }],
    'events.groups.get': ['group'],
    'events.checkpoints.set': ['name', 'orders'],
    'events.checkpoints.get': ['name'],
    'events.checkpoints.require': ['name'],
    'events.checkpoints.remove': ['name'],
    ...Object.fromEntries(['get', 'describe', 'delete'].map((method) => [`settings.${method}`, ['a']])),
    'flags.isEnabled': ['flag', 'ann'],
    ...Object.fromEntries(
      ['get', 'delete', 'undelete', 'destroy', 'purge', 'info'].map((method) => [
        `vault.${method}`,
        ['a/b', [1]],
      ]),
    ),
    'vault.get': ['a/b'],
    'vault.getMany': [['a/b']],
    'vault.generate': ['g', { kind: 'bytes', length: 32 }],
    'vault.configure': ['a/b', { kept: 3 }],
    'settings.set': ['a', 2],
    'flags.set': ['flag', { enabled: true }],
    'vault.set': ['a/b', 'y'],
    'vault.unseal': [rawKeyProvider(SECRET.key)],
    'vault.leases.create': ['a/b', { ttlMs: 1000 }],
    'access.grant': [{ holder: 'ann', actions: ['data.read'], resource: 'events/x' }],
    'access.setRoles': ['ann', ['reader']],
    'access.check': ['ann', { action: 'data.read', resource: 'events/x' }],
    'access.createToken': ['ann'],
    'access.pseudonym': ['ann'],
    'access.checkPseudonym': ['p_0', { action: 'data.read', resource: 'events/x', now: 0 }],
    'access.onChange': [() => undefined],
    'access.authorize': ['ann', { action: 'data.read', resource: 'events/x' }],
    'subjects.release': ['ann'],
    'subjects.seal': ['ann', 'value'],
    'subjects.hold': ['ann', { reason: 'x' }],
    'subjects.erase': ['ann', { requestId: 'R' }],
    'compliance.report': [{ from: 0, to: 1000, directory: outside }],
    'logs.append': [{ topic: 'app', message: 'x' }],
    'events.append': [{ topic: 'orders', payload: 1 }],
    'audit.leaf': [0],
    'audit.prove': [0, 1],
    'audit.receipt': [0],
    'audit.consistency': [1, 2],
    'audit.tile': ['tile/0/000'],
    'audit.exportTiles': [{ write: () => Promise.resolve(), read: () => Promise.resolve(undefined) }],
    'images.list': ['nowhere.img', { zoneIndex: 0, path: '' }],
    'images.file': ['nowhere.img', { zoneIndex: 0, path: 'x' }],
    'images.territory': ['nowhere.img', 0],
    ...Object.fromEntries(
      ['vault', 'digests', 'zones', 'verify', 'invalidate'].map((method) => [
        `images.${method}`,
        ['nowhere.img'],
      ]),
    ),
    'audit.rootAt': [1],
    'keys.addProvider': [rawKeyProvider(new Uint8Array(32).fill(8))],
    'keys.rotateMaster': [{ providers: [rawKeyProvider(SECRET.key)] }],
    'keys.rewrap': [rawKeyProvider(SECRET.key)],
    'keys.createShares': [{ threshold: 2, count: 3 }],
  }
}

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    const result: unknown = call()
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      await Array.fromAsync(result as AsyncIterable<unknown>)
    else await result
    return 'answered'
  } catch (error) {
    if (error instanceof ForgeError && error.code !== 'INTERNAL') return error.code
    return `uncoded ${String(error instanceof Error ? error.stack : error).slice(0, 400)}`
  }
}

async function inTime(outcome: Promise<string>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const timer = setTimeout(() => resolve('hangs'), CALL_MS_MAX)
  try {
    return await Promise.race([outcome, promise])
  } finally {
    clearTimeout(timer)
  }
}

test('every public method is refused with a code once the store is closed', async () => {
  const given = await argumentsOf()
  const wrong: string[] = []
  for (const [face, rules] of Object.entries(PERMISSIONS)) {
    for (const [method, rule] of Object.entries(rules)) {
      const name = `${face}.${method}`
      if (INTERNAL.includes(name)) continue
      const call: (...args: unknown[]) => unknown = Reflect.get(faces.get(face)!, method)
      const run = (args: readonly unknown[]): Promise<string> =>
        inTime(outcomeOf(() => Reflect.apply(call, faces.get(face), args)))
      const right = await run(given[name] ?? [])
      const expected = ANSWERED.includes(name) ? /^answered$/ : (CODES[face] ?? /^STORE_CLOSED$/)
      if (!expected.test(right)) wrong.push(`${name}: ${right}`)
      if (rule.kind === 'owner') continue
      for (const odd of [[], ['orders'], ['a/b'], [{ topic: 'orders' }]]) {
        const outcome = await run(odd)
        if (/^(uncoded|hangs)/.test(outcome)) wrong.push(`${name} ${JSON.stringify(odd)}: ${outcome}`)
      }
    }
  }
  expect(wrong).toEqual([])
  expect(unheard).toEqual([])
})
