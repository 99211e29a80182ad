// A loop of reads, each answered at once, must not keep timers, input and writers from their turn: promises alone would.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** So many answers at once take several times as long as a turn. */
const CALLS_MAX = 100_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge
let sealed: string
let event: string
let line: string

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  await forge.settings.set('a', 1)
  await forge.flags.set('f', { enabled: true })
  await forge.vault.set('a/b', 'x')
  sealed = await forge.subjects.seal('ann', 'value')
  event = (await forge.events.append({ topic: 't', payload: 1 })).ids[0]!
  // More than one tile of leaves: whole tiles are kept in memory.
  await Promise.all(Array.from({ length: 2000 }, (_, n) => forge.settings.set('n', n)))
  await forge.flush()
  line = (await forge.logs.append({ topic: 't', message: 'a line' })).ids[0]!
})
afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

const READS: Readonly<Record<string, () => Promise<unknown>>> = {
  'settings.get': () => forge.settings.get('a'),
  'settings.describe': () => forge.settings.describe('a'),
  'settings.list': () => forge.settings.list(),
  'flags.isEnabled': () => forge.flags.isEnabled('f', 'ann'),
  'flags.list': () => forge.flags.list(),
  'vault.get': () => forge.vault.get('a/b'),
  'vault.info': () => forge.vault.info('a/b'),
  'vault.list': () => forge.vault.list('**'),
  'vault.status': () => forge.vault.status(),
  'vault.leases.list': () => forge.vault.leases.list(),
  'subjects.open': () => forge.subjects.open(sealed),
  'events.get': async () => await forge.events.get(event),
  'events.read': () => forge.events.read({ topic: 't' }).toArray(),
  'logs.get': async () => await forge.logs.get(line),
  'logs.read': () => forge.logs.read({ topic: 't' }).toArray(),
  'logs.search': () => forge.logs.search('"line"').toArray(),
  'audit.query': () => Array.fromAsync(forge.audit.query({ limit: 5 })),
  'the first of logs.read': async () => {
    for await (const _ of forge.logs.read()) break
  },
  'the first of events.exportCloudEvents': async () => {
    for await (const _ of forge.events.exportCloudEvents()) break
  },
  'an append that was made before': () =>
    forge.events.append({ topic: 't', payload: 1 }, { idempotencyKey: 'once' }),
  'audit.leaf': () => forge.audit.leaf(1),
  'audit.prove': () => forge.audit.prove(1, 300),
  'audit.consistency': () => forge.audit.consistency(100, 300),
  'audit.rootAt': () => forge.audit.rootAt(300),
  'audit.receipt': () => forge.audit.receipt(1),
  'audit.tile': () => forge.audit.tile('tile/0/000'),
  'audit.checkpoint': () => forge.audit.checkpoint(),
  metricsHistory: () => forge.metricsHistory(),
  checkpoints: () => forge.checkpoints(),
}

test.each(Object.entries(READS))('%s, again and again, lets the loop go round', async (_, read) => {
  const loop = { wentRound: false }
  // Behind the events of the loop that read and write files.
  setImmediate(() => (loop.wentRound = true))
  const writes = Array.from({ length: 64 }, (_, n) => forge.settings.set(`written.${n}`, n))
  let calls = 0
  for (; !loop.wentRound && calls < CALLS_MAX; calls++) await read()
  await Promise.all(writes)
  expect(calls).toBeLessThan(CALLS_MAX)
})
