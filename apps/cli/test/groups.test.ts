/** Consumer groups from the command line. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, temporaryFolder, type RunResult } from './run-forge.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await createStore(folder.path)
  const lines = Array.from({ length: 5 }, (_, n) => JSON.stringify({ topic: 'orders.created', payload: n }))
  await forge(['events', 'import', '-'], lines.join('\n'))
})
afterAll(() => folder[Symbol.asyncDispose]())

async function forge(words: readonly string[], input = ''): Promise<RunResult> {
  return await runForge(words, { cwd: folder.path, env: { FORGE_DATA: 'data' }, input })
}

async function consumed(...words: readonly string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await forge([
    'events',
    'consume',
    '--group',
    'billing',
    '--json',
    ...words,
  ])
  expect({ code, stderr: stderr.replace(/^no events\n/, '') }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => (JSON.parse(line) as { payload: unknown }).payload)
}

async function printed(...words: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await forge([...words, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

it('consume prints each event of a group once, over several runs, until the group is moved back', async () => {
  expect(await consumed('--topic', 'orders.*', '--limit', '2')).toEqual([0, 1])
  expect(await printed('groups', 'lag', 'billing')).toMatchObject({
    entries: 3,
    topics: [{ pattern: 'orders.*', entries: 3 }],
  })
  expect(await consumed()).toEqual([2, 3, 4])
  expect(await consumed()).toEqual([])
  expect(await printed('groups', 'seek', 'billing', 'start')).toEqual({ name: 'billing', position: 'p0.0.0' })
  expect(await consumed('--limit', '1')).toEqual([0])
})

/** A program that ends with the code when it was given an event of `jobs.mail`. */
function reading(code: number): readonly string[] {
  const script = `process.stdin.on('data', (line) => process.exit(JSON.parse(line).topic === 'jobs.mail' ? ${code} : 9))`
  return ['--limit', '1', '--', process.execPath, '-e', script]
}

it('consume gives each event to a program, and acks it only when the program ended well', async () => {
  const topic = JSON.stringify({ topic: 'jobs.mail', payload: 'first' })
  await forge(['events', 'import', '-'], `${topic}\n${topic.replace('first', 'second')}`)
  const group = ['events', 'consume', '--group', 'mail', '--topic', 'jobs.*']
  expect(await forge([...group, ...reading(7)])).toMatchObject({
    code: 1,
    stderr: '0 events\n1 event given back, to be tried again\n',
  })
  expect(await printed('groups', 'lag', 'mail')).toMatchObject({ entries: 2 })
  expect(await forge([...group, ...reading(0)])).toMatchObject({ code: 0, stderr: '1 event\n' })
  expect(await printed('groups', 'lag', 'mail')).toMatchObject({ entries: 1 })
})

it('a program that cannot be run takes no event', async () => {
  await forge(['events', 'import', '-'], JSON.stringify({ topic: 'jobs.fax', payload: 1 }))
  const group = ['events', 'consume', '--group', 'fax', '--topic', 'jobs.fax']
  const unknown = await forge([...group, '--', 'no-such-program'])
  expect(unknown.code).toBe(3)
  expect(unknown.stderr).toContain('no-such-program cannot be run: ENOENT')
  expect(await forge([...group, '--', process.execPath, '-e', ''])).toMatchObject({
    code: 0,
    stderr: '1 event\n',
  })
})

it('the program of a consumer sees nothing that opens the store', async () => {
  await forge(['events', 'import', '-'], JSON.stringify({ topic: 'jobs.env', payload: 1 }))
  const code = "process.stdout.write(Object.keys(process.env).filter((n) => n.startsWith('FORGE_')).join())"
  const words = [
    'events',
    'consume',
    '--group',
    'env',
    '--topic',
    'jobs.env',
    '--',
    process.execPath,
    '-e',
    code,
  ]
  expect(await forge(words)).toMatchObject({ code: 0, stdout: 'FORGE_DATA' })
})

it('groups can be created, listed, paused, resumed and removed', async () => {
  const created = await printed(
    'groups',
    'create',
    'audit',
    'orders.>',
    '--from',
    'end',
    '--order',
    'priority',
  )
  expect(created).toMatchObject({ name: 'audit', topics: ['orders.>'], order: 'priority', paused: false })
  expect(await printed('groups', 'pause', 'audit')).toEqual({ name: 'audit', paused: true })
  const { stdout } = await forge(['groups', 'list'])
  expect(stdout).toMatch(/audit\s+paused\s+priority/)
  expect(await printed('groups', 'resume', 'audit')).toEqual({ name: 'audit', paused: false })
  expect(await printed('groups', 'describe', 'audit')).toMatchObject({ name: 'audit', paused: false, lag: 0 })
  expect(await printed('groups', 'redrive', 'audit')).toEqual({ name: 'audit', events: 0 })
  expect(await printed('groups', 'remove', 'audit')).toEqual({ name: 'audit', removed: true })
})

it.each([
  [3, ['groups', 'seek', 'billing', 'checkpoint:none'], 'STREAM_CHECKPOINT_UNKNOWN'],
  [2, ['groups', 'seek', 'billing', 'p999999.0.0'], 'STREAM_VALUE_INVALID'],
  [1, ['groups', 'create', 'billing', 'a'], 'STREAM_GROUP_EXISTS'],
  [2, ['events', 'consume'], 'USAGE'],
  [3, ['events', 'consume', '--group', 'none'], 'STREAM_GROUP_UNKNOWN'],
])('exits with %i for %j', async (exit, words, errorCode) => {
  const { code, stderr } = await forge([...words, '--json'])
  expect(code).toBe(exit)
  expect(stderr).toContain(errorCode)
})

it('an event whose last attempt failed is told as a dead letter, and a paused group as paused', async () => {
  const create = ['groups', 'create', 'once', 'orders.*', '--from', 'start', '--max-deliveries', '1']
  expect((await forge(create)).code).toBe(0)
  const failed = await forge(['events', 'consume', '--group', 'once', '--limit', '2', '--', 'false'])
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('2 events have become dead letters')
  expect(failed.stderr).not.toContain('tried again')
  expect((await forge(['groups', 'pause', 'once'])).code).toBe(0)
  const paused = await forge(['events', 'consume', '--group', 'once'])
  expect([paused.code, paused.stderr]).toEqual([0, expect.stringContaining('forge groups resume once')])
})
