// One row that does not parse is set aside by itself; a database that is set aside takes nothing along that does not need it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ForgeError, systemClock, utf8Encode } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, readStoreFile } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { AuditSource } from '../src/audit/audit-source.ts'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}

function openAt(path: string): Promise<Forge> {
  return Forge.open({ path, secret: SECRET, shardCount: 1 })
}

async function filled(path: string): Promise<void> {
  await using forge = await openAt(path)
  await forge.settings.set('kept', 1)
  await forge.flags.set('on', { enabled: true })
  await forge.vault.set('kept', 'secret')
  await forge.access.setRoles('ann', ['reader'])
  await forge.access.grant({ holder: 'ann', actions: ['vault.read'], resource: 'vault/kept' })
  await forge.events.append({ topic: 'orders', payload: 1 })
  await forge.logs.append({ topic: 'app', message: 'x' })
}

/** Writes a row as a version with a fault would have: sealed, and of another form. */
async function plant(path: string, o: { database: string; key: Uint8Array; value: string }): Promise<void> {
  const { databases } = (await readStoreFile(path))!
  const source = new AuditSource({ clock: systemClock, logger: undefined, alongsideKeyChange: () => [] })
  const store = await LocalStore.open({
    path,
    databases,
    provider: rawKeyProvider(SECRET.key),
    create: 'never',
    observer: source,
    stateScopes: [{ database: 'system', without: [0x20] }, { database: 'vault' }],
  })
  source.connect(store, [])
  const { database, key } = o
  const facts = { actor: 'app', action: 'test.planted', resourceClass: 'test' }
  const value = utf8Encode(o.value)
  await store.commit(() => ({ facts, operations: [{ type: 'put', database, key, value }] }))
  await store.close()
}

const key = (...head: number[]): Uint8Array => Uint8Array.from([...head, ...new Uint8Array(16).fill(7)])

const ROWS = {
  'a setting': { database: 'system', key: key(0x10), value: 'no setting' },
  'a flag': { database: 'system', key: key(0x11), value: '' },
  'a metrics sample': { database: 'system', key: Uint8Array.of(0x20, 0, 0, 0, 0, 0, 1), value: 'x' },
  'an erasure': { database: 'system', key: key(0x15, 0x65), value: '{}' },
  'a token': { database: 'system', key: key(0x14, 0x74), value: '{"principal":["ann"]}' },
  'the use of a token': { database: 'system', key: key(0x14, 0x75), value: 'null' },
  'the metadata of a secret': { database: 'vault', key: key(0x6d), value: '{"expires":0.5}' },
  'a lease': { database: 'vault', key: key(0x6c), value: '[]' },
}

for (const [name, row] of Object.entries(ROWS)) {
  test(`${name} that does not parse is set aside alone, named, and can be removed`, async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    await filled(path)
    await plant(path, row)
    let forge = await openAt(path)
    expect(await forge.settings.get('kept')).toBe(1)
    expect((await forge.settings.list()).map((each) => each.name)).toEqual(['kept'])
    expect([...(await forge.flags.list()).keys()]).toEqual(['on'])
    expect((await forge.vault.list()).map((each) => each.path)).toEqual(['kept'])
    expect((await forge.vault.get('kept'))!.text()).toBe('secret')
    expect((await forge.as('ann').vault.get('kept'))!.text()).toBe('secret')
    await forge.metricsHistory()
    await forge.settings.set('more', 2)
    const rows = await forge.damagedRows()
    expect(rows).toHaveLength(1)
    const id = `${row.database}/${Buffer.from(row.key).toString('hex')}`
    expect(rows[0]).toMatchObject({ id })
    const { problems } = await forge.verify()
    expect(problems.map((problem) => problem.where)).toEqual([id])
    expect([await forge.removeDamagedRow(id), await forge.removeDamagedRow(id)]).toEqual([true, false])
    expect((await forge.verify()).ok).toBe(true)
    await forge.close()
    forge = await openAt(path)
    expect([forge.health().state, await forge.damagedRows()]).toEqual(['healthy', []])
    await forge.close()
  })
}

for (const [name, kind] of Object.entries({ 'a grant': 0x67, roles: 0x70, 'an unknown kind': 0x78 })) {
  test(`while a row of rights (${name}) does not parse, principals may nothing and the owner everything`, async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'data')
    await filled(path)
    await plant(path, { database: 'system', key: key(0x14, kind), value: '{"effect":"deny"}' })
    const forge = await openAt(path)
    expect(forge.health().reasons[0]?.code).toBe('RECORD_TAMPERED')
    const ann = forge.as('ann')
    // It may be the row that forbids.
    expect(await codeOf(() => ann.vault.get('kept'))).toBe('ACCESS_DENIED')
    expect(await codeOf(() => ann.events.read({ topic: 'orders' }))).toBe('ACCESS_DENIED')
    expect((await forge.vault.get('kept'))!.text()).toBe('secret')
    const [row] = await forge.damagedRows()
    await forge.removeDamagedRow(row!.id)
    expect((await ann.vault.get('kept'))!.text()).toBe('secret')
    await forge.close()
  })
}

test('a damaged database of settings and rights takes logs, events and secrets not along', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  await filled(path)
  const table = readdirSync(join(path, 'system')).find((name) => name.endsWith('.ldb'))!
  const file = join(path, 'system', table)
  const content = readFileSync(file)
  content[20]! ^= 1
  writeFileSync(file, content)
  const forge = await openAt(path)
  expect(forge.health().state).toBe('degraded')
  expect(await forge.events.read({ topic: 'orders' }).toArray()).toHaveLength(1)
  await forge.events.append({ topic: 'orders', payload: 2 })
  expect(await forge.logs.read({ topic: 'app' }).toArray()).toHaveLength(1)
  expect((await forge.vault.get('kept'))!.text()).toBe('secret')
  await forge.vault.set('new', 'secret')
  await forge.vault.destroy('new')
  for (const call of [
    () => forge.settings.get('kept'),
    () => forge.settings.set('kept', 2),
    () => forge.flags.isEnabled('on'),
    () => forge.access.list(),
    () => forge.access.setRoles('bob', ['reader']),
    () => forge.access.createToken('bob'),
    () => forge.subjects.erase('ann'),
    () => forge.subjects.hold('ann', { reason: 'x' }),
    () => forge.keys.rotate(),
    () => forge.keys.createShares({ threshold: 2, count: 2 }),
  ])
    expect(await codeOf(call)).toBe('DATABASE_OFFLINE')
  expect(await codeOf(() => forge.as('ann').vault.get('kept'))).toBe('ACCESS_DENIED')
  expect(await codeOf(() => forge.as('ann').events.read({ topic: 'orders' }))).toBe('ACCESS_DENIED')
  await forge.close()
})
