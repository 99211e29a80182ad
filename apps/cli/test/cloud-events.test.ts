/** CloudEvents in and out, and single entries by id, as a user would ask for them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, temporaryFolder, type RunResult } from './run-forge.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await createStore(folder.path)
})
afterAll(() => folder[Symbol.asyncDispose]())

async function forge(words: readonly string[]): Promise<RunResult> {
  return await runForge(words, { cwd: folder.path, env: { FORGE_DATA: 'data' } })
}

const lines = ({ stdout }: RunResult): unknown[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)

const event = (id: string, type: string): Record<string, unknown> => ({
  specversion: '1.0',
  id,
  source: 'https://example.com/shop',
  type,
  time: '2026-01-01T00:00:00.5Z',
  mine: 'kept',
  data: { id },
})

it('a batch is imported once, a changed one too, and comes back as JSON lines', async () => {
  const path = join(folder.path, 'batch.json')
  const batch = [event('a', 'shop.paid'), event('b', 'shop.sent')]
  await writeFile(path, JSON.stringify(batch, undefined, 2))
  const words = ['events', 'import', '--format', 'cloudevents', 'batch.json', '--json']
  expect(lines(await forge(words))).toMatchObject([{ events: 2 }])
  expect(lines(await forge(words))).toMatchObject([{ events: 0 }])
  await writeFile(path, JSON.stringify([event('c', 'shop.paid')], undefined, 2))
  expect(lines(await forge(words))).toMatchObject([{ events: 1 }])
  const exported = await forge(['events', 'export', 'shop.*', '--format', 'cloudevents'])
  expect(exported.code).toBe(0)
  expect(lines(exported)).toHaveLength(3)
  expect(lines(exported)).toEqual(
    expect.arrayContaining([...batch, event('c', 'shop.paid')].map((one) => expect.objectContaining(one))),
  )
})

it('a format that is none is a fault of usage', async () => {
  expect((await forge(['events', 'import', 'x', '--format', 'xml'])).code).toBe(2)
})

it('an entry is printed by its id, and an id that no entry has ends with 3', async () => {
  await writeFile(join(folder.path, 'app.log'), '2026-01-01T00:00:00Z ERROR disk full\n')
  await forge(['logs', 'import', 'app.log'])
  const [entry] = lines(await forge(['logs', 'search', 'full', '--json'])) as [{ id: string }]
  const shown = await forge(['logs', 'get', entry.id])
  expect(shown.stdout).toContain('disk full')
  expect(shown.stdout).toContain(entry.id)
  const [stored] = lines(await forge(['events', 'get', 'a', '--json'])) as [{ topic: string }]
  expect(stored).toMatchObject({ id: 'a', topic: 'shop.paid', payload: { id: 'a' } })
  const { code, stdout, stderr } = await forge(['logs', 'get', 'nothing'])
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  expect(stderr).toContain('STREAM_ENTRY_UNKNOWN')
})
