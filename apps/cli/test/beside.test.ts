// The command line beside a process that has the store open: it goes through that one.

import { join } from 'node:path'
import { keyFileProvider } from '@forgeone/crypto'
import { Forge } from '@forgeone/storage-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, runForge, startForge, temporaryFolder, type RunResult } from './run-forge.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let owner: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  expect((await runForge(['keys', 'generate-file', 'key'], { cwd: folder.path })).code).toBe(0)
  owner = await Forge.open({
    path: join(folder.path, 'data'),
    keyProvider: keyFileProvider(join(folder.path, 'key'), { storePath: join(folder.path, 'data') }),
    shardCount: 1,
    share: 'local',
  })
  await owner.logs.append([
    { topic: 'app', message: 'a line of before' },
    { topic: 'app', message: 'another one' },
  ])
})
afterAll(async () => {
  await owner.close()
  await folder[Symbol.asyncDispose]()
})

const words = (...given: readonly string[]): readonly string[] => [
  ...given,
  '--data',
  'data',
  '--key-file',
  'key',
]
const forge = async (...given: readonly string[]): Promise<RunResult> =>
  await runForge(words(...given), { cwd: folder.path })

test('reads and writes what the other process has, and leaves it its store', async () => {
  expect(await forge('logs', 'search', '"before"', '--json')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('a line of before'),
  })
  expect((await forge('settings', 'set', 'ui.theme', 'dark')).code).toBe(0)
  expect(await owner.settings.get('ui.theme')).toBe('dark')
  expect((await forge('events', 'append', 'orders.paid', '{"id":7}')).code).toBe(0)
  const consumed = await forge('events', 'consume', '--group', 'g', '--topic', 'orders.paid', '--json')
  expect(JSON.parse(consumed.stdout)).toMatchObject({ payload: { id: 7 } })
  expect((await owner.events.groups.lag('g')).entries).toBe(0)
  for (const command of [
    ['stats'],
    ['topics'],
    ['verify'],
    ['keys', 'status'],
    ['logs', 'compact'],
    ['top', '--count', '1', '--json'],
  ])
    expect(await forge(...command), command.join(' ')).toMatchObject({ code: 0 })
  await owner.logs.append({ topic: 'app', message: 'still here' })
})

test('follows what the other process writes', async () => {
  const follower = startForge(words('logs', 'tail', '--follow', '--json'), { cwd: folder.path })
  const lines: string[] = []
  const seen = Promise.withResolvers<void>()
  follower.stdout!.on('data', (chunk: Buffer) => {
    lines.push(chunk.toString())
    if (lines.join('').includes('written while followed')) seen.resolve()
  })
  // Whatever is written before it looks first is shown as well.
  await owner.logs.append({ topic: 'app', message: 'written while followed' })
  await seen.promise
  follower.kill('SIGINT')
  expect((await finish(follower)).code).toBe(130)
})

test('lists who is there, and names who has the store where a command needs it for itself', async () => {
  const { stdout } = await forge('connections', '--json')
  expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({ pid: expect.any(Number), liveObjects: 0 })
  expect(await forge('keys', 'rotate', '--master')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`pid ${process.pid}`),
  })
})
