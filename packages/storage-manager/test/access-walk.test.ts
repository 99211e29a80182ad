import { setTimeout } from 'node:timers/promises'
// Walks over the table of permissions: whatever a principal holds or has held, by every method and in every place that a
// resource can be named.

import { ForgeError } from '@forgeone/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PERMISSIONS } from './plans.ts'
import { topicResource } from '@forgeone/streams'
import { ACTIONS, Forge, type ForgeHandle } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: SECRET, shardCount: 1 })
  await forge.events.append([
    { topic: 'secret.a', id: 's1', payload: { secret: 1 } },
    { topic: 'open', id: 'o1', payload: { open: 1 } },
  ])
  await forge.logs.append({ topic: 'secret', message: 'secret' })
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

async function drained(iterable: AsyncIterable<unknown>): Promise<unknown[]> {
  return await Array.fromAsync(iterable)
}

function faceOf(root: ForgeHandle, name: string): object {
  if (name === 'forge') return root
  let face: unknown = root
  for (const part of name.split('.')) face = Reflect.get(face as object, part)
  return face as object
}

/** Everything but secrets, which are granted by path. */
async function grantAll(holder: string): Promise<string[]> {
  const actions = ACTIONS.filter((action) => !['vault.read', 'vault.write', 'vault.destroy'].includes(action))
  const { id } = await forge.access.grant({ holder, actions, resource: '**' })
  return [id]
}

describe('every method of the table', () => {
  const ways = {
    'its grant was revoked': async (name: string) => {
      const ids = await grantAll(name)
      return {
        handle: forge.as(name),
        end: async () => void (await forge.access.revoke(ids[0]!)),
        code: 'ACCESS_DENIED',
      }
    },
    'its token was revoked': async (name: string) => {
      await grantAll(name)
      const { token, info } = await forge.access.createToken(name)
      return {
        handle: forge.authenticate(token),
        end: async () => void (await forge.access.revokeToken(info.id)),
        code: 'ACCESS_TOKEN_INVALID',
      }
    },
  }
  for (const [way, make] of Object.entries(ways)) {
    test(`is refused once ${way}, held or new, whatever its arguments`, async () => {
      const { handle, end, code } = await make(way.replaceAll(' ', '-'))
      const held: [string, (...args: unknown[]) => unknown][] = []
      for (const [name, rules] of Object.entries(PERMISSIONS)) {
        for (const [method, rule] of Object.entries(rules)) {
          if (rule.kind !== 'call') continue
          held.push([`${name}.${method}`, Reflect.get(faceOf(handle, name), method)])
        }
      }
      await end()
      const odd: unknown[][] = [
        [],
        ['open'],
        [{ topic: 'open' }],
        [[{ topic: 'open' }]],
        ['x', { topic: 'open' }],
        [[]],
      ]
      for (const [name, call] of held) {
        for (const args of odd) expect([name, await codeOf(() => call(...args))]).toEqual([name, code])
      }
    })
  }
})

describe('a result that was held over the end of a right', () => {
  const results: Readonly<Record<string, (handle: ForgeHandle) => unknown>> = {
    read: (handle) => handle.events.read({ topic: 'secret.a' }),
    search: (handle) => handle.events.search('*', { topic: 'secret.a' }),
    table: (handle) => handle.events.table('count by topic', { topic: 'secret.a' }),
    tail: (handle) => handle.events.tail({ topic: 'secret.a', from: 0 }),
    exportCloudEvents: (handle) => handle.events.exportCloudEvents({ topic: 'secret.a' }),
    'logs.read': (handle) => handle.logs.read({ topic: 'secret' }),
    'logs.exportRaw': (handle) => handle.logs.exportRaw({ topic: 'secret' }),
    'audit.query': (handle) => handle.audit.query({}),
  }
  for (const [name, take] of Object.entries(results)) {
    test(`gives nothing more: ${name}`, async () => {
      const holder = `held-${name.toLowerCase().replace('.', '-')}`
      const ids = await grantAll(holder)
      const handle = forge.as(holder)
      let result: unknown
      try {
        result = take(handle)
      } catch {
        // A query language of its own: not what is looked at here.
        return
      }
      await forge.access.revoke(ids[0]!)
      const iterable = (await result) as AsyncIterable<unknown>
      expect(await codeOf(() => iterable[Symbol.asyncIterator]().next())).toBe('ACCESS_DENIED')
      for (const method of ['toArray', 'explain', 'batches'] as const) {
        const call: unknown = Reflect.get(iterable, method)
        if (typeof call !== 'function') continue
        expect([
          method,
          await codeOf(async () => {
            const given: unknown = await call()
            if (method === 'batches') await drained(given as AsyncIterable<unknown>)
          }),
        ]).toEqual([method, 'ACCESS_DENIED'])
      }
    })
  }

  test('settles no delivery any more', async () => {
    await forge.access.grant({ holder: 'sub', actions: ['data.write'], resource: 'events/**' })
    const { id } = await forge.access.grant({
      holder: 'sub',
      actions: ['data.read'],
      resource: 'events/open',
    })
    const subscription = forge
      .as('sub')
      .events.subscribe({ group: 'g', topics: 'open', from: 'start' } as never)
    await subscription.ready
    const [delivery] = await subscription.nextBatch(1)
    expect(delivery).toBeDefined()
    await forge.access.revoke(id)
    for (const call of [
      () => delivery!.ack(),
      () => delivery!.nack(),
      () => delivery!.extend(1000),
      () => delivery!.deadLetter('no'),
      () => subscription.ackAll([delivery!]),
      () => subscription.nextBatch(1),
    ])
      expect(await codeOf(call)).toBe('ACCESS_DENIED')
  })
})

/** Arguments that show another topic at a second look. */
const turning = (): string => {
  let looks = 0
  return { toString: () => (looks++ === 0 ? 'open' : 'secret.a') } as never
}

const options = (): object => {
  let looks = 0
  return {
    get topic() {
      return looks++ === 0 ? 'open' : 'secret.a'
    },
  }
}

class Turning {
  #looks = 0
  get topic(): string {
    return this.#looks++ === 0 ? 'open' : 'secret.a'
  }
}

async function* lines(...values: unknown[]): AsyncGenerator<Uint8Array> {
  for (const value of values) yield new Uint8Array(Buffer.from(`${JSON.stringify(value)}\n`))
}

describe('a resource', () => {
  test('of one topic is that of no other', () => {
    const topics = ['a/b', 'a.b', 'a%2Fb', 'a%252Fb', '%2F', 'a', 'a/b.c', 'a.b/c', 'a.b.c', '**', 'a.**']
    expect(new Set(topics.map((topic) => topicResource('events', topic))).size).toBe(topics.length)
  })

  test('is denied by the way that reads it, also with a slash in its topic', async () => {
    await forge.events.append([
      { topic: 'a/b', payload: 'slash' },
      { topic: 'a.b', payload: 'dot' },
    ])
    await forge.access.grant({ holder: 'fay', actions: ['data.read'], resource: 'events/**' })
    await forge.access.grant({
      holder: 'fay',
      actions: ['data.read'],
      resource: 'events/a%2Fb',
      effect: 'deny',
    })
    const fay = forge.as('fay')
    expect(await codeOf(() => fay.events.read({ topic: 'a/b' }))).toBe('ACCESS_DENIED')
    expect(await codeOf(() => fay.events.read({ topic: '*' }))).toBe('ACCESS_DENIED')
    expect(await fay.events.read({ topic: 'a.b' }).toArray()).toHaveLength(1)
    await forge.access.grant({ holder: 'gus', actions: ['data.read'], resource: 'events/a/b' })
    expect(await codeOf(() => forge.as('gus').events.read({ topic: 'a/b' }))).toBe('ACCESS_DENIED')
    expect(await forge.as('gus').events.read({ topic: 'a.b' }).toArray()).toHaveLength(1)
  })

  test('is asked about as it is used, whatever an argument shows at a second look', async () => {
    await forge.access.grant({ holder: 'eve', actions: ['data.read', 'data.write'], resource: 'events/open' })
    const eve = forge.as('eve')
    const proxied = new Proxy({ topic: 'open' }, { get: () => 'secret.a' })
    const before = await forge.events.read({ topic: 'secret.a' }).toArray()
    const given: unknown[] = []
    for (const make of [
      options,
      () => new Turning(),
      () => proxied,
      () => ({ topic: turning() }),
      () => ({ topic: [turning()] }),
    ]) {
      try {
        given.push(...(await eve.events.read(make() as never).toArray()))
      } catch {
        // Refused, which is right too.
      }
      await codeOf(() => eve.events.append({ ...(make() as object), payload: 'forged' } as never))
      await codeOf(() => eve.events.append(Object.assign(make(), { payload: 'forged' }) as never))
      await codeOf(() => eve.events.append([make()] as never))
      await codeOf(() => eve.events.topics(make() as never))
    }
    expect(JSON.stringify(given)).not.toContain('secret')
    expect(await forge.events.read({ topic: 'secret.a' }).toArray()).toHaveLength(before.length)
  })

  test('of each line of an import is asked about, whatever the option says', async () => {
    await forge.access.grant({ holder: 'ian', actions: ['data.write'], resource: 'events/open' })
    const ian = forge.as('ian')
    const before = await forge.events.read({ topic: 'secret.a' }).toArray()
    const line = { topic: 'secret.a', payload: { forged: true } }
    const event = { specversion: '1.0', id: '1', source: '/x', type: 'secret.a', data: 1 }
    for (const [chunks, options] of [
      [lines(line), { topic: 'open' }],
      [lines({ topic: 'open', payload: 1 }, line), { topic: 'open', authorizeTopic: () => undefined }],
      [lines({ ...event, forgetopic: 'secret.a' }), { format: 'cloudevents' }],
      [lines(line), {}],
    ] as const)
      expect(await codeOf(() => ian.events.importFrom(chunks, options as never))).toBe('ACCESS_DENIED')
    expect(await forge.events.read({ topic: 'secret.a' }).toArray()).toHaveLength(before.length)
    expect(
      (await ian.events.importFrom(lines({ payload: 1, topic: 'open' }), { topic: 'open' })).events,
    ).toBe(1)
  })

  test('is asked about while an import goes on', async () => {
    const { id } = await forge.access.grant({ holder: 'jo', actions: ['data.write'], resource: '**' })
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(Buffer.from('one\n'))
      await forge.access.revoke(id)
      yield new Uint8Array(Buffer.from('two\n'))
    }
    const imported = forge.as('jo').logs.importFrom(chunks(), { topic: 'imported' })
    expect(await codeOf(() => imported)).toBe('ACCESS_DENIED')
  })

  test('of a checkpoint is its name: who may write a topic does not move those of others', async () => {
    await forge.events.checkpoints.set('nightly', 'open')
    await forge.access.grant({ holder: 'kim', actions: ['data.write', 'data.list'], resource: 'events/**' })
    const kim = forge.as('kim')
    for (const call of [
      () => kim.events.checkpoints.set('nightly', 'open'),
      () => kim.events.checkpoints.remove('nightly'),
      () => kim.events.checkpoints.list(),
    ])
      expect(await codeOf(call)).toBe('ACCESS_DENIED')
    await forge.access.grant({
      holder: 'kim',
      actions: ['data.write', 'data.list'],
      resource: 'checkpoints/kim',
    })
    await kim.events.checkpoints.set('kim', 'open')
    expect(kim.events.checkpoints.get('kim')!.name).toBe('kim')
  })

  test('that a principal may not know of stands in no error', async () => {
    await forge.events.groups.create('billing', { topics: ['secret.project'] })
    await forge.access.grant({ holder: 'lea', actions: ['data.read'], resource: 'events/open' })
    const error: unknown = await forge
      .as('lea')
      .events.subscribe({ group: 'billing', topics: 'open' })
      .ready.then(
        () => undefined,
        (reason: unknown) => reason,
      )
    expect(error).toBeInstanceOf(ForgeError)
    const { code, message, details, cause } = error as ForgeError
    expect(code).toBe('STREAM_GROUP_EXISTS')
    expect(JSON.stringify([message, details, String(cause)])).not.toContain('secret')
  })
})

test('a role from the prototype of an object is none', async () => {
  for (const role of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    expect(await codeOf(() => forge.access.setRoles('mia', [role]))).toMatch(
      /^ACCESS_(ROLE_UNKNOWN|GRANT_INVALID)$/,
    )
  }
  expect(forge.access.check('mia', { action: 'data.read', resource: 'events/open' }).allowed).toBe(false)
})

test('however much a principal is refused, its leaves of a second are few', async () => {
  const before = forge.audit.size
  const noah = forge.as('noah')
  for (let index = 0; index < 20_000; index++) {
    expect(() => noah.events.read({ topic: `t${index}` })).toThrow(ForgeError)
    if (index % 2 === 0) await codeOf(() => noah.vault.get(`p/${index}`))
  }
  const who = forge.access.pseudonym('noah')
  const denied: { readonly time: number; readonly count: number }[] = []
  const counted = (): number => denied.reduce((sum, { count }) => sum + count, 0)
  // What is counted together is written when its second is over.
  for (let index = before; counted() < 30_000; index++) {
    while (index >= forge.audit.size) await setTimeout(50)
    const leaf = JSON.parse(await forge.audit.leaf(index)) as Record<string, unknown>
    if (leaf['act'] !== 'access.denied' || leaf['who'] !== who) continue
    const { count = 0 } = (leaf['ctx'] ?? {}) as { readonly count?: number }
    denied.push({ time: leaf['at'] as number, count })
  }
  expect(counted()).toBe(30_000)
  const seconds = (denied.at(-1)!.time - denied[0]!.time) / 1000
  expect(denied.length).toBeLessThanOrEqual(17 * (seconds + 2))
})
