import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { LocalStore } from '../src/index.ts'
import { FACTS, put, testProvider } from './model.ts'

const COUNT = inject('isLongTier') ? 200 : 60

test(`a store of ${COUNT} databases is written, flushed, rotated, closed and opened again`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forge-many-'))
  const databases = Array.from({ length: COUNT }, (_, index) => `database_${index}`)
  const options = {
    path: join(folder, 'data'),
    databases,
    provider: testProvider(),
    stateScopes: databases.map((database) => ({ database, describedSoon: true })),
  }
  try {
    const store = await LocalStore.open(options)
    await store.commit(() => ({ facts: FACTS, operations: databases.map((name) => put(name, 'k', name)) }))
    await store.flush()
    await store.keys.rotate(store.keys.scopes)
    await store.commit(() => ({ facts: FACTS, operations: databases.map((name) => put(name, 'l', name)) }))
    await store.flush()
    await store.close()

    await using again = await LocalStore.open(options)
    expect(again.recovery).toMatchObject({ cleanClose: true, commitsReplayed: 0 })
    for (const name of databases)
      expect(Buffer.from((await again.get(name, Buffer.from('l')))!).toString()).toBe(name)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
