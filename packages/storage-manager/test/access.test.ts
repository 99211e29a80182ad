import { ForgeError, ManualClock } from '@forgeone/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PERMISSIONS } from './plans.ts'
import { Forge, ROLES, type Action, type ForgeHandle } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEY = { key: new Uint8Array(32).fill(3) }
const clock = new ManualClock()
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, shardCount: 1, clock })
  await forge.events.append([
    { topic: 'orders.eu', id: 'e1', payload: { total: 1 } },
    { topic: 'salaries.eu', id: 'e2', payload: { total: 2 } },
  ])
  await forge.logs.append({ topic: 'app.web', message: 'hello' })
  await forge.vault.set('app/token', 'hidden')
  await forge.vault.set('db/root', 'hidden')
})

afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

async function codeOf(call: () => unknown): Promise<string> {
  try {
    const result = call()
    await result
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

/** The faces by name, of the store itself or of a handle. */
function faceOf(root: Forge | ForgeHandle, name: string): object {
  if (name === 'forge') return root
  let face: unknown = root
  for (const part of name.split('.')) face = Reflect.get(face as object, part)
  return face as object
}

function publicMethodsOf(face: object): readonly string[] {
  const names = new Set<string>()
  for (
    let each = Object.getPrototypeOf(face);
    each !== Object.prototype && each !== null;
    each = Object.getPrototypeOf(each)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
    }
  }
  return [...names]
}

describe('the table of permissions', () => {
  test('has a row for every public method of every face, and no row without a method', () => {
    for (const [name, rules] of Object.entries(PERMISSIONS)) {
      // The names are those of the table.
      const methods = publicMethodsOf(faceOf(forge, name))
      expect([name, [...methods].sort()]).toEqual([name, Object.keys(rules).sort()])
    }
    const faces = Object.keys(PERMISSIONS)
    for (const name of Object.keys(forge)) expect(faces, `the face ${name} has no rows`).toContain(name)
  })

  test('decides method by method as the roles say, for the granted, the ungranted, the denied and the expired', async () => {
    let cases = 0
    for (const [role, actions] of Object.entries(ROLES)) {
      const principal = `one-${role}`
      await forge.access.setRoles(principal, [role])
      const handle = forge.as(principal)
      for (const [name, rules] of Object.entries(PERMISSIONS)) {
        const face = faceOf(handle, name)
        for (const [method, rule] of Object.entries(rules)) {
          if (rule.kind === 'owner') {
            expect(Reflect.get(face, method), `${name}.${method}`).toBeUndefined()
            continue
          }
          if (rule.kind !== 'call') continue
          // No arguments: what is refused is refused before anything looks at them.
          const [resource] = rule.resources([])
          const { allowed } = forge.access.check(principal, {
            action: rule.action,
            resource: resource ?? 'none',
          })
          expect([role, name, method, allowed]).toEqual([role, name, method, actions.includes(rule.action)])
          if (allowed) continue
          const call: unknown = Reflect.get(face, method)
          expect(await codeOf(() => (call as () => unknown)()), `${role} ${name}.${method}`).toBe(
            resource === undefined ? expect.anything() : 'ACCESS_DENIED',
          )
          cases++
        }
      }
    }
    expect(cases).toBeGreaterThan(200)
  })
})

describe('a principal', () => {
  test('reads and writes the topics it was granted, and finds nothing of the others', async () => {
    await forge.access.grant({
      holder: 'ann',
      actions: ['data.read', 'data.list', 'data.write'],
      resource: 'events/orders/**',
    })
    const ann = forge.as('ann')
    expect((await ann.events.read({ topic: 'orders.>' }).toArray()).map(({ id }) => id)).toEqual(['e1'])
    expect((await ann.events.get('e1'))!.topic).toBe('orders.eu')
    // What is forbidden looks like what is absent.
    expect([await ann.events.get('e2'), await ann.events.get('none')]).toEqual([undefined, undefined])
    expect([await ann.events.has('e2'), await ann.events.has('none')]).toEqual([false, false])
    expect(await codeOf(() => ann.events.prove('e2'))).toBe('STREAM_ENTRY_UNKNOWN')
    expect(await codeOf(() => ann.events.prove('none'))).toBe('STREAM_ENTRY_UNKNOWN')
    await ann.events.append({ topic: 'orders.us', payload: 1 })
    expect(
      await codeOf(() =>
        ann.events.append([
          { topic: 'orders.us', payload: 1 },
          { topic: 'salaries.eu', payload: 1 },
        ]),
      ),
    ).toBe('ACCESS_DENIED')
    for (const call of [
      () => ann.events.read(),
      () => ann.events.read({ topic: 'salaries.>' }),
      () => ann.events.read({ topic: 'orders' }),
      () => ann.logs.read({ topic: 'app.web' }),
      () => ann.events.search('salaries', {}),
      () => ann.vault.get('app/token'),
      () => ann.stats(),
    ]) {
      expect(await codeOf(call)).toBe('ACCESS_DENIED')
    }
  })

  test('is stopped by a deny wherever it touches, in whatever order the grants were made', async () => {
    await forge.access.grant({ holder: 'bob', actions: ['data.read'], resource: 'events/**' })
    const bob = forge.as('bob')
    expect(await bob.events.read().toArray()).not.toEqual([])
    await forge.access.grant({
      holder: 'bob',
      actions: ['data.read'],
      resource: 'events/salaries/**',
      effect: 'deny',
    })
    expect(await codeOf(() => bob.events.read())).toBe('ACCESS_DENIED')
    expect(await codeOf(() => bob.events.read({ topic: 'salaries.eu' }))).toBe('ACCESS_DENIED')
    expect((await bob.events.read({ topic: 'orders.eu' }).toArray()).map(({ id }) => id)).toEqual(['e1'])
  })

  test('loses an iterator that was open when its right was revoked, and a subscription', async () => {
    const grant = await forge.access.grant({ holder: 'cid', actions: ['data.read'], resource: 'events/**' })
    const cid = forge.as('cid')
    const results = cid.events.read()[Symbol.asyncIterator]()
    expect((await results.next()).done).toBe(false)
    const subscription = cid.events.subscribe({ group: 'cid', topics: ['orders.>'] })
    await subscription.ready
    await forge.access.revoke(grant.id)
    await expect(results.next()).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    await subscription.done()
  })

  test('gets its rights for a time only, when they were given so', async () => {
    const now = clock.now()
    await forge.access.grant({
      holder: 'dan',
      actions: ['stats.read'],
      resource: 'store',
      notBefore: now + 10,
      notAfter: now + 20,
    })
    const dan = forge.as('dan')
    expect(await codeOf(() => dan.stats())).toBe('ACCESS_DENIED')
    clock.advance(10)
    expect(await codeOf(() => dan.stats())).toBe('nothing')
    clock.advance(10)
    expect(await codeOf(() => dan.stats())).toBe('ACCESS_DENIED')
  })

  test('gets its rights at the hours of a grant only', async () => {
    // A Tuesday.
    expect(new Date(clock.now()).toISOString()).toMatch(/^2023-11-14T22:13/)
    const grant = { holder: 'gil', actions: ['stats.read' as const], resource: 'store' }
    await forge.access.grant({ ...grant, hours: { from: '22:30', to: '01:00', days: ['tue'] } })
    await forge.access.grant({ ...grant, effect: 'deny', hours: { from: '23:30', to: '23:31' } })
    const answers: string[] = []
    // 22:13, 22:33, 23:30, 23:31, 00:59, 01:00, and the evening after.
    for (const minutes of [0, 20, 57, 1, 88, 1, 22 * 60]) {
      clock.advance(minutes * 60_000)
      answers.push(await codeOf(() => forge.as('gil').stats()))
    }
    const [yes, no] = ['nothing', 'ACCESS_DENIED']
    expect(answers).toEqual([no, yes, no, yes, yes, no, no])
  })

  test('reads secrets by path only, and its leaf names its pseudonym', async () => {
    await forge.access.grant({ holder: 'eve', actions: ['vault.read'], resource: 'vault/app/**' })
    const eve = forge.as('eve')
    expect((await eve.vault.get('app/token'))!.text()).toBe('hidden')
    const leaf = JSON.parse(await lastLeaf())
    expect(leaf).toMatchObject({ act: 'vault.read', who: forge.access.pseudonym('eve') })
    expect(leaf.who).not.toContain('eve')
    for (const call of [
      () => eve.vault.get('db/root'),
      () => eve.vault.getMany(['app/token', 'db/root']),
      () => eve.vault.list(),
      () => eve.vault.set('app/token', 'x'),
    ]) {
      expect(await codeOf(call)).toBe('ACCESS_DENIED')
    }
    for (const bad of [
      { holder: 'role:x', resource: 'vault/app/**' },
      { holder: 'eve', resource: '**' },
      { holder: 'eve', resource: 'vault/**' },
    ]) {
      expect(await codeOf(() => forge.access.grant({ ...bad, actions: ['vault.read'] }))).toBe(
        'ACCESS_GRANT_INVALID',
      )
    }
  })

  test('cannot change its own rights, nor reach the store behind its handle', async () => {
    await forge.access.setRoles('olga', ['security-officer'])
    const olga = forge.as('olga')
    const own = () => olga.access.grant({ holder: 'olga', actions: ['data.read'], resource: '**' })
    expect(await codeOf(own)).toBe('ACCESS_SELF_GRANT')
    expect(
      await codeOf(() =>
        olga.access.grant({ holder: 'olga', actions: ['data.read'], resource: '**' }, { by: 'owner' }),
      ),
    ).toBe('ACCESS_SELF_GRANT')
    expect(await codeOf(() => olga.access.setRoles('olga', ['writer']))).toBe('ACCESS_SELF_GRANT')
    // Nor as everyone, nor by a role of one's own, nor as somebody else.
    const all = { actions: ['data.read'] as const, resource: '**' }
    await forge.access.grant({ holder: 'role:team', actions: ['stats.read'], resource: 'store' })
    await forge.access.setRoles('olga', ['security-officer', 'team'])
    for (const holder of ['*', 'role:team']) {
      expect(await codeOf(() => olga.access.grant({ holder, ...all, actions: [...all.actions] }))).toBe(
        'ACCESS_SELF_GRANT',
      )
    }
    // A name is no office.
    await forge.access.setRoles('owner', ['security-officer'])
    const owner = forge.as('owner')
    expect(
      await codeOf(() => owner.access.grant({ holder: 'owner', ...all, actions: [...all.actions] })),
    ).toBe('ACCESS_SELF_GRANT')
    await owner.access.setRoles('quinn', ['reader'])
    let actor = ''
    for await (const { facts } of forge.audit.query({ act: 'access.roles-set' })) actor = facts.actor
    expect(actor).toBe(forge.access.pseudonym('owner'))
    expect(Reflect.get(olga.access, 'createToken')).toBeUndefined()
    expect(await codeOf(() => olga.access.setRoles('paul', ['reader']))).toBe('nothing')
    const seen = new Set<unknown>()
    const walk = (value: unknown): void => {
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
        return
      seen.add(value)
      expect(
        value === forge || value === forge.access || value === forge.vault || value === forge.events,
      ).toBe(false)
      if (typeof value === 'function') return
      for (const key of Reflect.ownKeys(value)) walk(Reflect.get(value, key))
      expect(Object.getPrototypeOf(value)).toBeNull()
    }
    walk(olga)
    expect(seen.size).toBeGreaterThan(50)
  })
})

test('every commit names the principal who made it, also where many append at once', async () => {
  await forge.access.grant({ holder: 'writers', actions: ['data.write'], resource: '**' })
  const names = ['ann', 'bob', 'zoe']
  for (const name of names) {
    const actions = ['data.write', 'settings.write'] as const
    await forge.access.grant({ holder: name, actions: [...actions], resource: '**' })
  }
  const before = forge.sequence + 1
  const handles = names.map((name) => forge.as(name))
  // One turn, in turns: the appends of one principal share a commit, those of two do not.
  const appends = Array.from({ length: 60 }, (_, index) =>
    handles[index % 3]!.events.append({ topic: 'mixed', payload: { by: names[index % 3]! } }),
  )
  const own = forge.events.append({ topic: 'mixed', payload: { by: 'app' } })
  await Promise.all([...appends, own, handles[1]!.settings.set('a', 1)])
  await forge.audit.checkpoint()
  const entriesOf = new Map<string, number>()
  let settings = ''
  for (let index = before; index < forge.audit.size; index++) {
    const { act, who, ent } = JSON.parse(await forge.audit.leaf(index))
    if (act === 'events.append') entriesOf.set(who, (entriesOf.get(who) ?? 0) + ent.n)
    if (act === 'settings.set') settings = who
  }
  const expected = names.map((name): [string, number] => [forge.access.pseudonym(name), 20])
  expect(Object.fromEntries(entriesOf)).toEqual({ ...Object.fromEntries(expected), app: 1 })
  expect(settings).toBe(forge.access.pseudonym('bob'))
  for (const receipt of await Promise.all(appends)) expect(receipt.sequence).toBeGreaterThanOrEqual(before)
})

async function lastLeaf(): Promise<string> {
  await forge.audit.checkpoint()
  return await forge.audit.leaf(forge.audit.size - 1)
}

test('a refusal leaves one leaf and nothing else; equal ones of a second are counted', async () => {
  const mallory = forge.as('mallory')
  const before = forge.sequence
  const eventsBefore = await forge.events.read().toArray()
  const calls = Array.from({ length: 50 }, () =>
    codeOf(() => mallory.events.append({ topic: 'orders.eu', payload: 'x' })),
  )
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['ACCESS_DENIED']))
  // The flush point waits for what is queued. Refusals of before may be counted meanwhile, and so may those of a slow second.
  await forge.flush()
  const leaves: readonly string[] = await Promise.all(
    Array.from({ length: forge.sequence - before }, (_, index) => forge.audit.leaf(before + 1 + index)),
  )
  const who = forge.access.pseudonym('mallory')
  const own = leaves.map((leaf) => JSON.parse(leaf)).filter((leaf) => leaf.who === who)
  expect(own[0]).toMatchObject({
    act: 'access.denied',
    ctx: { action: 'data.write', count: 1, rule: 'default' },
  })
  expect(own.length).toBeLessThan(50)
  expect(leaves.join()).not.toContain('orders')
  expect(await forge.events.read().toArray()).toHaveLength(eventsBefore.length)
})

test('rights, roles and tokens are there after a reopening, and their names in no file', async () => {
  const hours = { from: '00:00', to: '24:00' }
  await forge.access.grant({ holder: 'frida-canary', actions: ['data.read'], resource: 'logs/app/**', hours })
  await forge.close()
  forge = await Forge.open({ path: `${folder.path}/data`, secret: KEY, clock })
  const names = forge.access.list().map(({ principal }) => principal)
  expect(names).toContain('frida-canary')
  expect(names).toContain('one-auditor')
  expect(await forge.as('frida-canary').logs.read({ topic: 'app.>' }).toArray()).toHaveLength(1)
})

test('malformed grants, roles and resources are refused with a code', async () => {
  const bad: readonly [Parameters<Forge['access']['grant']>[0], string][] = [
    [{ holder: '', actions: ['data.read'], resource: '**' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a b', actions: ['data.read'], resource: '**' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: [], resource: '**' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: ['data.fly' as Action], resource: '**' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: ['data.read'], resource: '' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: ['data.read'], resource: 'a/**/b' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: ['data.read'], resource: 'a/../b' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'role:reader', actions: ['data.write'], resource: '**' }, 'ACCESS_GRANT_INVALID'],
    [{ holder: 'a', actions: ['data.read'], resource: '**', breakGlass: true }, 'ACCESS_GRANT_INVALID'],
    [
      {
        holder: 'a',
        actions: ['data.read'],
        resource: '**',
        breakGlass: true,
        reason: 'fire',
        notAfter: clock.now() + 5 * 3_600_000,
      },
      'ACCESS_GRANT_INVALID',
    ],
  ]
  for (const [grant, code] of bad)
    expect([grant, await codeOf(() => forge.access.grant(grant))]).toEqual([grant, code])
  expect(await codeOf(() => forge.access.setRoles('a', ['king']))).toBe('ACCESS_ROLE_UNKNOWN')
  expect(await codeOf(() => forge.access.createToken('a', { ttlMs: 1e12 }))).toBe('ACCESS_LIMIT')
  expect(await codeOf(() => forge.as('x/y'))).toBe('ACCESS_GRANT_INVALID')
})
