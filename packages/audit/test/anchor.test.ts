import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { splitNotes } from '../src/anchor/split-notes.ts'
import { commandAnchor, compareWithAnchor, fileAnchor, readNotes, verifyOwn } from '../src/index.ts'
import { codeOf, commit, openLog } from './fixtures.ts'

async function places(): Promise<{ root: string; dataDirectory: string; path: string }> {
  const root = await mkdtemp(join(tmpdir(), 'forge-anchor-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const dataDirectory = join(root, 'data')
  await mkdir(dataDirectory)
  return { root, dataDirectory, path: join(root, 'anchor.txt') }
}

test('a file keeps every note, and the log is compared with the newest before the next', async () => {
  const place = await places()
  const anchor = await fileAnchor(place)
  const { log, grow } = await openLog()
  expect(await anchor.newest()).toBeUndefined()
  const notes: string[] = []
  for (const count of [3, 300, 1]) {
    grow(count)
    notes.push(await log.checkpoint())
    await anchor.publish(notes.at(-1)!, log)
    await anchor.publish(notes.at(-1)!, log)
  }
  expect(await readNotes(place.path)).toEqual(notes)
  expect(await anchor.newest()).toBe(notes.at(-1))
  expect(await verifyOwn(log, { anchors: notes })).toMatchObject({ ok: true })
  const shorter = await openLog()
  shorter.grow(10)
  expect(await codeOf(async () => anchor.publish(await shorter.log.checkpoint(), shorter.log))).toBe(
    'AUDIT_ROLLBACK',
  )
  const fork = await openLog()
  fork.store.apply(fork.log.observe([commit(0, { operations: [] })]))
  fork.grow(400)
  expect(await codeOf(async () => anchor.publish(await fork.log.checkpoint(), fork.log))).toBe('AUDIT_FORK')
  expect(await readNotes(place.path)).toEqual(notes)
})

test('a file in the data directory is refused, through a link too', async () => {
  const { root, dataDirectory } = await places()
  await mkdir(join(dataDirectory, 'deep'))
  await symlink(join(dataDirectory, 'deep'), join(root, 'link'))
  await mkdir(join(root, 'data2'))
  for (const path of [join(dataDirectory, 'a'), join(dataDirectory, 'deep', 'a'), join(root, 'link', 'a')])
    expect(await codeOf(() => fileAnchor({ path, dataDirectory }))).toBe('AUDIT_ANCHOR_FAILED')
  const unmounted = await fileAnchor({ path: join(root, 'none', 'a'), dataDirectory })
  expect(await codeOf(() => unmounted.newest())).toBe('AUDIT_ANCHOR_FAILED')
  expect(await codeOf(() => fileAnchor({ path: join(root, 'data2', 'a'), dataDirectory }))).toBe('nothing')
})

test('a file that is none has a code', async () => {
  const place = await places()
  const { log, grow } = await openLog()
  grow(1)
  await mkdir(place.path)
  const anchor = await fileAnchor(place)
  expect(await codeOf(async () => anchor.publish(await log.checkpoint(), log))).toBe('AUDIT_ANCHOR_FAILED')
})

test('a command gets the note on standard input, and its failures have a code', async () => {
  const { path } = await places()
  const { log, grow } = await openLog()
  grow(2)
  const note = await log.checkpoint()
  const script = `require('fs').writeFileSync(process.argv[1], require('fs').readFileSync(0))`
  await commandAnchor({ argv: [process.execPath, '-e', script, path] }).publish(note, log)
  expect(await readFile(path, 'utf8')).toBe(note)
  for (const argv of [
    [process.execPath, '-e', 'process.exit(3)'],
    [process.execPath, '-e', 'process.stdout.write("x".repeat(200000)); setInterval(() => {}, 1000)'],
    ['/nowhere/at/all'],
  ])
    expect(await codeOf(() => commandAnchor({ argv }).publish(note, log))).toBe('AUDIT_ANCHOR_FAILED')
})

test('a note torn by a crash is passed over, and the next one is whole', async () => {
  const place = await places()
  const anchor = await fileAnchor(place)
  const { log, grow } = await openLog()
  grow(3)
  const first = await log.checkpoint()
  await anchor.publish(first, log)
  grow(3)
  const second = await log.checkpoint()
  for (const length of [5, first.indexOf('\n\n') + 1, first.indexOf('\n\n') + 2, first.length - 9]) {
    await writeFile(place.path, `${first}\n${second.slice(0, length)}`)
    expect(await anchor.newest()).toBe(first)
    await anchor.publish(second, log)
    expect(await anchor.newest()).toBe(second)
  }
})

test('a command that Node.js refuses to start has a code', async () => {
  const anchor = commandAnchor({ argv: ['true', 'a\0b'] })
  const error: unknown = await anchor.publish('note').catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'AUDIT_ANCHOR_FAILED' })
})

test('a command needs a program', () => {
  expect(() => commandAnchor({ argv: [] })).toThrow('names no program')
})

test('notes of an ended origin bind the log no more, and those of any other still do', async () => {
  const { log, grow } = await openLog()
  grow(5)
  const note = await log.checkpoint()
  const [origin = ''] = note.split('\n')
  const shorter = { size: 4, rootAt: (size: number) => log.rootAt(size) }
  expect(await compareWithAnchor({ ...shorter, endedOrigins: new Set([origin]) }, note)).toBe(5)
  const other = new Set([`${origin}0`])
  expect(await codeOf(() => compareWithAnchor({ ...shorter, endedOrigins: other }, note))).toBe(
    'AUDIT_ROLLBACK',
  )
  const forged = note.replace('\n5\n', '\n6\n')
  expect(await verifyOwn(log, { anchors: [forged] })).toMatchObject({ ok: false })
  log.succeed([origin])
  expect(await verifyOwn(log, { anchors: [forged] })).toMatchObject({ ok: true })
})

test('a comparison names what differs', async () => {
  const { log, grow } = await openLog()
  grow(5)
  const note = await log.checkpoint()
  expect(await compareWithAnchor(log, note)).toBe(5)
  expect(
    await codeOf(() =>
      compareWithAnchor({ size: 4, rootAt: () => log.rootAt(4), endedOrigins: new Set() }, note),
    ),
  ).toBe('AUDIT_ROLLBACK')
  expect(
    await codeOf(() =>
      compareWithAnchor({ size: 9, rootAt: () => log.rootAt(4), endedOrigins: new Set() }, note),
    ),
  ).toBe('AUDIT_FORK')
  expect(await codeOf(() => compareWithAnchor(log, 'x'))).toBe('NOTE_FORMAT')
})

const noteOf = (name: string, signatures: number): string =>
  `${name}\n1\nroot\n\n${'\u2014 key signature\n'.repeat(signatures)}`

test('appended notes are told apart', () => {
  const notes = [noteOf('a', 1), noteOf('b', 3), noteOf('c', 1)]
  expect(splitNotes(notes.join(''))).toEqual(notes)
  expect(splitNotes(notes.join('\n'))).toEqual(notes)
  expect(splitNotes('')).toEqual([])
  expect(splitNotes(`${notes[0]}torn`)).toEqual([notes[0], 'torn'])
})
