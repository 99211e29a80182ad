import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicBackend } from '@forgeone/engine'
import { isForgeError } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { copyAsKilled } from './copy-as-killed.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { copyDirectory } from './copy-directory.ts'

const options = (path: string): ForgeOptions => ({
  path,
  secret: { key: new Uint8Array(32).fill(3) },
  shardCount: 1,
  create: 'never',
  compaction: 'manual',
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let killed: string

beforeAll(async () => {
  folder = await temporaryFolder()
  const path = join(folder.path, 'data')
  killed = join(folder.path, 'killed')
  const forge = await Forge.open({ ...options(path), create: 'if-missing' })
  for (let index = 0; index < 20; index++) {
    await forge.logs.append({ topic: 'app', message: `line ${index}` })
    await forge.events.append({ topic: 'orders', payload: { index }, id: `order-${index}` })
  }
  await forge.events.groups.create('billing', { topics: 'orders' })
  await forge.events.topicOperations.setRetention('orders', { maxAgeMs: 86_400_000 })
  await forge.audit.checkpoint()
  await forge.flush()
  await copyAsKilled(path, killed)
  await forge.close()
})
afterAll(async () => await folder[Symbol.asyncDispose]())

/** Through LevelDB, into tables, with the flush point away, which would show that files changed. */
async function takeOut(path: string, { database, keyspaces, last }: Taken): Promise<number> {
  const backend = new ClassicBackend(path)
  const level = await backend.open(database, { create: false })
  let taken = 0
  for (const keyspace of keyspaces) {
    const keys: Uint8Array[] = []
    for await (const [key] of level.iterator()) if (keyspace === '*' || key[0] === keyspace) keys.push(key)
    for (const key of last === undefined ? keys : keys.slice(-last)) {
      await level.del(key)
      taken++
    }
  }
  await backend.flush(database, level)
  await level.close()
  rmSync(join(path, 'journal', 'flush-point'), { force: true })
  return taken
}

interface Taken {
  readonly database: string
  readonly keyspaces: readonly (number | '*')[]
  readonly last?: number
}

/** The codes by which opening, the health or a check tell of it. */
async function noticed(path: string): Promise<readonly string[]> {
  try {
    const forge = await Forge.open(options(path))
    const codes = [...forge.health().reasons, ...(await forge.verify()).problems].map(({ code }) => code)
    await forge.close()
    return codes
  } catch (error) {
    if (isForgeError(error)) return [error.code]
    throw error
  }
}

test('a killed store of which nothing was taken is whole', async () => {
  const path = join(folder.path, 'whole')
  copyDirectory(killed, path)
  expect(await noticed(path)).toEqual([])
})

const NOTICED = /^(STATE_MISMATCH|STREAM_BLOCK_DAMAGED|DATABASE_DAMAGED|AUDIT_DIVERGED|AUDIT_ROLLBACK)$/

const TAKEN: Readonly<Record<string, Taken>> = {
  'the signed checkpoints': { database: 'audit', keyspaces: [0x63] },
  'all rows of the audit log': { database: 'audit', keyspaces: ['*'] },
  'the last blocks of events': { database: 'events_shard_0', keyspaces: [0x20, 0x21], last: 2 },
  'the last blocks of logs': { database: 'logs_shard_0', keyspaces: [0x20, 0x21], last: 2 },
  'all rows of a shard of events': { database: 'events_shard_0', keyspaces: ['*'] },
  'all rows of a shard of logs': { database: 'logs_shard_0', keyspaces: ['*'] },
  'the rows of client ids': { database: 'events_shard_0', keyspaces: [0x50], last: 5 },
  'the rows of groups': { database: 'events_shard_0', keyspaces: [0x60, 0x61, 0x62] },
  'a rule of retention': { database: 'events_shard_0', keyspaces: [0x42] },
}

for (const [index, [title, taken]] of Object.entries(TAKEN).entries()) {
  test(`${title}, taken out of the tables of a killed store, are missed`, async () => {
    const path = join(folder.path, `taken-${index}`)
    copyDirectory(killed, path)
    expect(await takeOut(path, taken)).toBeGreaterThan(0)
    expect(await noticed(path)).toContainEqual(expect.stringMatching(NOTICED))
  })
}
