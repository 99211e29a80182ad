import type { AuditAnswer } from '@forgeone/audit'
import { ManualClock } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore } from '@forgeone/engine'
import { SimulatedMachine } from '@forgeone/engine/testing'
import { expect, test } from 'vitest'
import { AuditSource } from '../src/audit/audit-source.ts'
import { Forge } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const INDEX_ROWS = { from: Uint8Array.of(0x78), to: Uint8Array.of(0x79) }

async function openStore({ files, backend }: SimulatedMachine): Promise<{
  readonly store: LocalStore
  readonly source: AuditSource
}> {
  const clock = new ManualClock()
  const source = new AuditSource({ clock, logger: undefined })
  const store = await LocalStore.open({
    databases: ['rows', 'audit'],
    provider: rawKeyProvider(new Uint8Array(32).fill(7)),
    files,
    backend,
    clock,
    observer: source,
  })
  return { store, source }
}

async function commit(store: LocalStore, { actor, count }: { actor: string; count: number }): Promise<void> {
  const facts = { actor, action: 'test.write', resourceClass: 'test' }
  await Promise.all(Array.from({ length: count }, () => store.commit(() => ({ facts, operations: [] }))))
}

async function indexRows(store: LocalStore): Promise<number> {
  const pages = await Array.fromAsync(store.scan('audit', INDEX_ROWS))
  return pages.flat().length
}

test('a store keeps the query index of its log, under the same key after it is opened again', async () => {
  const machine = new SimulatedMachine()
  const first = await openStore(machine)
  await commit(first.store, { actor: 'p_often', count: 300 })
  await commit(first.store, { actor: 'p_rare', count: 1 })
  await first.store.close()
  const { store, source } = await openStore(machine)
  await commit(store, { actor: 'p_often', count: 600 })
  const log = source.log!
  const found = await Array.fromAsync(log.query({ who: 'p_rare' }))
  expect(found.map(({ index }) => index)).toEqual([301])
  expect(await log.indexFault()).toBeUndefined()
  // The values of three bundles: the creation and the first close of the store are in the first two.
  expect(await indexRows(store)).toBe(8 + 9 + 4)
  await store.close()
})

test('a principal who may read the trail is told what a query looked through', async () => {
  await using folder = await temporaryFolder()
  await using forge = await Forge.open({
    path: `${folder.path}/data`,
    secret: { key: new Uint8Array(32).fill(3) },
    shardCount: 1,
  })
  await forge.access.grant({ holder: 'ann', actions: ['audit.read'], resource: 'audit' })
  let answer: AuditAnswer | undefined
  const query = forge.as('ann').audit.query({ act: 'store.*', limit: 1 })
  for await (const { facts } of (async function* () {
    answer = yield* query
  })())
    expect(facts.action).toBe('store.created')
  expect(answer).toMatchObject({ begin: 0, end: 1, count: 1 })
})
