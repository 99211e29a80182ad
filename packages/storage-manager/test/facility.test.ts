import { join } from 'node:path'
import type { Facility } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { facilitiesOf } from '../src/facilities.ts'
import type { ForgeHost } from '../src/forge-host.ts'
import { Forge } from '../src/index.ts'
import { Counters, countersFacility } from './counter-facility.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

type WithCounters = Forge & { readonly counters: Counters }

async function openWith(
  path: string,
  ...more: readonly Facility<object, ForgeHost>[]
): Promise<WithCounters> {
  // The one line.
  const list = { ...facilitiesOf({}), counters: countersFacility }
  const others = Object.fromEntries(more.map((each) => [each.name, each]))
  // It has the faces of its list.
  return (await Forge.openWith(
    { path, secret: SECRET, shardCount: 1 },
    { ...list, ...others },
  )) as WithCounters
}

test('a facility in the list has a face, rights, acts, a check, figures and damaged rows of its own', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const forge = await openWith(path)
  expect(await forge.counters.add('visits')).toBe(1)
  await forge.access.grant(
    { holder: 'ann', actions: ['data.write'], resource: 'counters/visits', effect: 'allow' },
    { by: 'carl' },
  )
  const { counters } = forge.as('ann') as unknown as { counters: Counters }
  expect(await counters.add('visits')).toBe(2)
  await expect(async () => await counters.add('others')).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  expect(() => counters.total()).toThrow(expect.objectContaining({ code: 'ACCESS_DENIED' }))
  expect(Reflect.get(counters, 'close')).toBeUndefined()

  await forge.audit.caughtUp()
  const leaves: { readonly act: string; readonly who: string }[] = []
  for (let index = 0; index < forge.audit.size; index++)
    leaves.push(JSON.parse(await forge.audit.leaf(index)))
  const who = leaves.filter(({ act }) => act === 'counters.added').map((leaf) => leaf.who)
  expect(who).toEqual(['app', forge.access.pseudonym('ann')])

  const report = await forge.verify()
  expect([report.ok, report.counts.entries]).toEqual([true, 2])
  expect(forge.stats().topics).toMatchObject([{ stream: 'counters', topic: 'all', count: 2 }])
  expect(forge.stats().entries).toBe(2)
  await forge.close()
  // A store that was made with it has its database: with the list alone it does not open as if there were none.
  const again = await openWith(path)
  expect(await again.damagedRows()).toEqual([])
  await again.close()
})

test('facilities close in reverse, whatever one of them throws, and the store is closed after them', async () => {
  await using folder = await temporaryFolder()
  const closed: string[] = []
  const failing = (name: string): Facility<object> => ({
    name,
    acts: {},
    rules: { methods: {} },
    open: () =>
      Promise.resolve({
        face: {},
        close: () => {
          closed.push(name)
          throw new Error(`${name} cannot be closed`)
        },
      }),
  })
  const forge = await openWith(join(folder.path, 'data'), failing('first'), failing('second'))
  await expect(forge.close()).rejects.toThrow('second cannot be closed')
  expect(closed).toEqual(['second', 'first'])
  await (await openWith(join(folder.path, 'data'))).close()
})

test('a facility that does not open closes those before it, and the store', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  const broken: Facility<object> = {
    name: 'broken',
    acts: {},
    rules: { methods: {} },
    open: () => Promise.reject(new Error('it does not open')),
  }
  await expect(openWith(path, broken)).rejects.toThrow('it does not open')
  await (await openWith(path)).close()
})

test('two facilities that claim one keyspace do not open', async () => {
  await using folder = await temporaryFolder()
  const thief: Facility<object> = {
    name: 'thief',
    databases: () => [{ name: 'system', keyspaces: [{ byte: 0x10 }] }],
    acts: {},
    rules: { methods: {} },
    open: () => Promise.resolve({ face: {} }),
  }
  await expect(openWith(join(folder.path, 'data'), thief)).rejects.toThrow(
    'each keyspace of system has one owner',
  )
})
