import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { fileAnchor, Forge, isForgeError, keyFileProvider } from '@forgeone/storage-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'

const secret = 'correct horse battery staple'
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-realm-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function code(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'nothing failed',
    (error: unknown) => (isForgeError(error) ? error.code : error),
  )
}

test('errors of Node.js are of another realm here', async () => {
  const error: unknown = await readFile(join(folder, 'nothing')).catch((cause: unknown) => cause)
  expect(error instanceof Error).toBe(false)
})

test('a store is made, written, closed and opened again', async () => {
  const path = join(folder, 'store')
  const anchors = [await fileAnchor({ path: join(folder, 'log.note'), dataDirectory: path })]
  const forge = await Forge.open({ path, secret, anchors })
  await forge.logs.append({ topic: 'a', message: 'one' })
  await forge.settings.set('name', { nested: [1, 'two'] })
  await forge.vault.set('db/password', 'hunter2 hunter2')
  await forge.close()
  const again = await Forge.open({ path, secret, anchors })
  expect((await again.logs.read().toArray()).map(({ message }) => message)).toEqual(['one'])
  expect((await again.verify()).problems).toEqual([])
  await again.checkpoint(join(folder, 'image'))
  await again.close()
})

test('values of any realm are taken', async () => {
  const foreign = runInNewContext(`({
    bytes: new Uint8Array([1, 2, 3]), date: new Date(0), plain: { a: { b: [1] } }, map: new Map([['events.a', 'none']]),
    key: new Uint8Array(32).fill(7), wait: async () => {},
  })`) as {
    bytes: Uint8Array
    date: Date
    plain: { a: { b: number[] } }
    map: Map<string, 'none'>
    key: Uint8Array
    wait: () => Promise<void>
  }
  const forge = await Forge.open({ path: join(folder, 'values'), secret: { key: foreign.key } })
  await forge.events.append({ topic: 'events.a', payload: foreign.bytes }, { expectedVersion: foreign.map })
  await forge.events.append({ topic: 'events.a', payload: Buffer.from('host') })
  await forge.events.append({ topic: 'events.b', payload: foreign.plain, metadata: foreign.plain })
  await forge.settings.set('plain', foreign.plain)
  expect(await forge.settings.get('plain')).toEqual({ a: { b: [1] } })
  const found = await forge.events.read({ from: foreign.date }).toArray()
  expect(found).toHaveLength(3)
  await forge.vault.set('a/b', foreign.bytes)
  await forge.access.grant({ holder: 'reader', actions: ['data.read'], resource: 'events/**' })
  expect(await forge.as('reader').events.read({ from: foreign.date }).toArray()).toHaveLength(3)
  const seen: unknown[] = []
  const subscription = forge.events.subscribe({ group: 'g', topics: 'events.b' }, async ({ entry }) => {
    seen.push(entry.payload)
    await foreign.wait()
    await subscription.close()
  })
  await subscription.done()
  expect(seen).toEqual([{ a: { b: [1] } }])
  await forge.close()
})

test('failures of files have codes of ours', async () => {
  expect(await code(Forge.open({ path: join(folder, 'none'), secret, create: 'never' }))).toBe(
    'STORE_NOT_FOUND',
  )
  await writeFile(join(folder, 'file'), 'text')
  expect(await code(Forge.open({ path: join(folder, 'file'), secret }))).toMatch(/^STORE_/)
  const provider = keyFileProvider(join(folder, 'no-key'), { storePath: join(folder, 'by-key') })
  expect(await code(Forge.open({ path: join(folder, 'by-key'), keyProvider: provider }))).toMatch(/^KEY_/)
  const held = await Forge.open({ path: join(folder, 'held'), secret })
  expect(await code(Forge.open({ path: join(folder, 'held'), secret }))).toBe('STORE_LOCKED')
  await held.close()
})
