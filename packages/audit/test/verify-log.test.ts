import { ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { leafHash } from '@forgeone/merkle'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { splitEntries } from '../src/bundle/entry-form.ts'
import { formatTreeHead } from '../src/checkpoint/checkpoint.ts'
import {
  directorySource,
  directoryTarget,
  verifierKey,
  verifyLog,
  verifyOwn,
  type LogVerdict,
  type TileSource,
} from '../src/index.ts'
import { formatNote } from '../src/note/signed-note.ts'
import { commit, commits, MemoryStore, openLog, put, signer, type Opened } from './fixtures.ts'
import { SlowTree } from './slow-tree.ts'

const SIZE = 70_000

type Files = Map<string, Uint8Array>

async function exported(opened: Opened): Promise<Files> {
  const files: Files = new Map()
  const write = async (path: string, bytes: Uint8Array): Promise<void> => void files.set(path, bytes)
  await opened.log.exportTiles({ write }, { entries: 'full' })
  return files
}

function sourceOf(files: Files): TileSource {
  return { read: async (path) => files.get(path) }
}

function edited(files: Files, path: string, change: (bytes: Uint8Array) => Uint8Array | undefined): Files {
  const copy = new Map(files)
  const bytes = change(new Uint8Array(copy.get(path)!))
  if (bytes === undefined) copy.delete(path)
  else copy.set(path, bytes)
  return copy
}

function joinEntries(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]),
  )
}

const flipped =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array => {
    bytes[at]! ^= 1
    return bytes
  }

const opened = await openLog()
for (let done = 0; done < SIZE; done += 1000) opened.grow(1000)
const files = await exported(opened)
const key = opened.log.verifierKeys[0]!

test('an export has the files of the specification, and is accepted', async () => {
  expect([...files.keys()].filter((path) => path.startsWith('tile/0/'))).toHaveLength(274)
  for (const path of [
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
    'tile/entries/273.p/112',
  ])
    expect(files.has(path), path).toBe(true)
  expect(utf8Decode(files.get('vkey')!)).toBe(`${key.text}\n`)
  const leaves: number[] = []
  const verdict = await verifyLog(sourceOf(files), key, { onProgress: (count) => leaves.push(count) })
  expect(verdict).toMatchObject({ ok: true, size: SIZE, origin: opened.log.origin })
  expect(leaves.at(-1)).toBe(SIZE)
})

test('an export through a directory is read back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'forge-audit-'))
  try {
    const small = await openLog()
    small.grow(300)
    await small.log.exportTiles(directoryTarget(directory), { entries: 'full' })
    expect(await verifyLog(directorySource(directory), small.log.verifierKeys[0]!)).toMatchObject({
      ok: true,
    })
    expect(await directorySource(directory).read('../secret')).toBeUndefined()
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('partial files may be replaced by the full ones', async () => {
  const grown = await openLog()
  grown.grow(300)
  const early = await exported(grown)
  grown.grow(300)
  const late = await exported(grown)
  const kept = ['checkpoint', 'tile/1/000.p/1']
  const mixed: Files = new Map([...late, ...kept.map((path) => [path, early.get(path)!] as const)])
  expect(await verifyLog(sourceOf(mixed), grown.log.verifierKeys[0]!)).toMatchObject({ ok: true, size: 300 })
})

const reorder = (bytes: Uint8Array): Uint8Array => {
  const [first, second, ...rest] = splitEntries(bytes)!
  return joinEntries([second!, first!, ...rest])
}
const drop = (bytes: Uint8Array): Uint8Array => joinEntries(splitEntries(bytes)!.filter((_, at) => at !== 7))

test('each tampered variant is refused and the first bad place named', async () => {
  const bundle = 'tile/entries/100'
  const cases: readonly (readonly [string, Files, object])[] = [
    [
      'edited leaf',
      edited(files, bundle, flipped(50)),
      { code: 'AUDIT_DIVERGED', place: { path: bundle, leaf: 25_600 } },
    ],
    ['deleted leaf', edited(files, bundle, drop), { code: 'AUDIT_DIVERGED', place: { path: bundle } }],
    ['reordered leaves', edited(files, bundle, reorder), { code: 'AUDIT_DIVERGED', place: { leaf: 25_600 } }],
    [
      'cut bundle',
      edited(files, bundle, (bytes) => bytes.subarray(0, -5)),
      { code: 'AUDIT_DIVERGED', place: { path: bundle } },
    ],
    [
      'missing bundle',
      edited(files, bundle, () => undefined),
      { code: 'AUDIT_DIVERGED', place: { path: bundle, leaf: 25_600 } },
    ],
    [
      'edited tile',
      edited(files, 'tile/0/100', flipped(33)),
      { code: 'AUDIT_DIVERGED', place: { path: 'tile/0/100', leaf: 25_601 } },
    ],
    [
      'edited upper tile',
      edited(files, 'tile/1/000', flipped(32 * 100)),
      { code: 'AUDIT_DIVERGED', place: { path: 'tile/1/000', leaf: 25_600 } },
    ],
    [
      'edited top tile',
      edited(files, 'tile/2/000.p/1', flipped(0)),
      { code: 'AUDIT_DIVERGED', place: { path: 'tile/2/000.p/1' } },
    ],
    [
      'missing tile',
      edited(files, 'tile/0/100', () => undefined),
      { code: 'AUDIT_DIVERGED', place: { path: 'tile/0/100' } },
    ],
    [
      'cut tile',
      edited(files, 'tile/0/100', (bytes) => bytes.subarray(1)),
      { code: 'AUDIT_DIVERGED', place: { path: 'tile/0/100' } },
    ],
    ['no checkpoint', edited(files, 'checkpoint', () => undefined), { code: 'NOTE_FORMAT' }],
    [
      'edited checkpoint',
      edited(files, 'checkpoint', (bytes) => utf8Encode(utf8Decode(bytes).replace('\n70000\n', '\n69999\n'))),
      { code: 'NOTE_SIGNATURE' },
    ],
    [
      'edited signature',
      edited(files, 'checkpoint', (bytes) =>
        utf8Encode(utf8Decode(bytes).replace(/.{8}==?\n$|.{8}\n$/, 'AAAAAAA=\n')),
      ),
      {},
    ],
  ]
  for (const [what, changed, expected] of cases)
    expect([what, await verifyLog(sourceOf(changed), key)]).toMatchObject([what, { ok: false, ...expected }])
  const foreign = verifierKey({ name: opened.log.origin, publicKey: signer(9).publicKey })
  expect(await verifyLog(sourceOf(files), foreign)).toMatchObject({ code: 'NOTE_UNTRUSTED' })
})

test('a leaf that was changed with all its tiles is found by the root', async () => {
  const forged = await openLog()
  forged.store.apply(forged.log.observe(commits(0, 255)))
  forged.store.apply(forged.log.observe([commit(255, { operations: [put(9, 9)] }), ...commits(256, 1000)]))
  const honest = await openLog()
  honest.grow(1000)
  const mixed = await exported(forged)
  mixed.set('checkpoint', (await exported(honest)).get('checkpoint')!)
  expect(await verifyLog(sourceOf(mixed), honest.log.verifierKeys[0]!)).toMatchObject({
    code: 'AUDIT_DIVERGED',
    place: { size: 1000 },
  })
})

test('anchors find a fork, a cut tail and a rollback', async () => {
  const log = await openLog()
  log.grow(500)
  const early = await log.log.checkpoint()
  const atFiveHundred = await exported(log)
  log.grow(700)
  const late = await log.log.checkpoint()
  const all = await exported(log)
  const trust = log.log.verifierKeys[0]!
  expect(await verifyLog(sourceOf(all), trust, { anchors: [late, early] })).toMatchObject({ ok: true })
  expect(await verifyLog(sourceOf(atFiveHundred), trust, { anchors: [late] })).toMatchObject({
    code: 'AUDIT_ROLLBACK',
    place: { size: 1200 },
  })
  const fork = await openLog()
  fork.grow(499)
  fork.store.apply(fork.log.observe([commit(499, { operations: [] })]))
  fork.grow(900)
  const forked = await exported(fork)
  expect(await verifyLog(sourceOf(forked), trust, { anchors: [early] })).toMatchObject({
    code: 'AUDIT_FORK',
    place: { size: 500 },
  })
  expect(await verifyOwn(fork.log, { anchors: [early] })).toMatchObject({ code: 'AUDIT_FORK' })
  expect(await verifyOwn(log.log, { anchors: [early, late] })).toMatchObject({ ok: true, size: 1200 })
  const foreign = await openLog({ signer: signer(9) })
  foreign.grow(3)
  const anchor = await foreign.log.checkpoint()
  expect(await verifyLog(sourceOf(all), trust, { anchors: [anchor] })).toMatchObject({
    code: 'NOTE_UNTRUSTED',
    place: { path: 'anchor' },
  })
})

test('a foreign log may hold any bytes, and another origin needs to be named', async () => {
  const entries = [new Uint8Array(0), utf8Encode('hello'), new Uint8Array(65_535).fill(7)]
  const hashes = entries.map(leafHash)
  const foreignKey = verifierKey({ name: 'example.com/key', publicKey: signer(3).publicKey })
  const text = formatTreeHead({ origin: 'other origin', size: 3, root: new SlowTree(hashes).root(0, 3) })
  const signature = {
    name: foreignKey.name,
    keyId: foreignKey.keyId,
    signature: signer(3).sign(utf8Encode(text)),
  }
  const foreign: Files = new Map<string, Uint8Array>([
    ['checkpoint', utf8Encode(formatNote({ text, signatures: [signature] }))],
    ['tile/0/000.p/3', Buffer.concat(hashes)],
    ['tile/entries/000.p/3', joinEntries(entries)],
  ])
  expect(await verifyLog(sourceOf(foreign), foreignKey)).toMatchObject({ code: 'NOTE_UNTRUSTED' })
  const policy = {
    logs: [{ origin: 'other origin', key: foreignKey }],
    witnesses: [],
    groups: [],
    quorum: undefined,
  }
  expect(await verifyLog(sourceOf(foreign), policy)).toMatchObject({ ok: true, size: 3 })
})

test('without entries the hashes alone are verified', async () => {
  const small = await openLog()
  small.grow(300)
  const all = await exported(small)
  const hashesOnly: Files = new Map([...all].filter(([path]) => !path.includes('entries')))
  const trust = small.log.verifierKeys[0]!
  expect(await verifyLog(sourceOf(hashesOnly), trust)).toMatchObject({ ok: false })
  expect(
    await verifyLog(sourceOf(hashesOnly), trust, { entriesFrom: Number.POSITIVE_INFINITY }),
  ).toMatchObject({ ok: true })
})

/** A settled log of 1,000 leaves with two notes, and its rows to be tampered with. */
async function settled(): Promise<{ store: MemoryStore; size: number }> {
  const { log, grow, settle, store } = await openLog()
  grow(600)
  await log.checkpoint()
  grow(400)
  await log.checkpoint()
  return { size: settle(), store }
}

async function reopened(
  change: (store: MemoryStore) => void,
): Promise<{ verdict: LogVerdict; opened: Opened }> {
  const { store, size } = await settled()
  change(store)
  const again = await openLog({ store, size })
  return { verdict: await verifyOwn(again.log), opened: again }
}

function changeRow(
  store: MemoryStore,
  prefix: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): void {
  const name = [...store.rows.keys()].sort().find((each) => each.startsWith(prefix))!
  const bytes = change(new Uint8Array(store.rows.get(name)!))
  if (bytes === undefined) store.rows.delete(name)
  else store.rows.set(name, bytes)
}

test('a store finds what was done to its rows', async () => {
  expect((await reopened(() => undefined)).verdict).toMatchObject({ ok: true, size: 1000 })
  const cases: readonly (readonly [string, (store: MemoryStore) => void])[] = [
    ['edited bundle', (store) => changeRow(store, '65', flipped(30))],
    ['missing bundle', (store) => changeRow(store, '65', () => undefined)],
    [
      'swapped bundles',
      (store) => {
        const [first, second] = [...store.rows.keys()].filter((name) => name.startsWith('65')).sort()
        const bytes = store.rows.get(first!)!
        store.rows.set(first!, store.rows.get(second!)!)
        store.rows.set(second!, bytes)
      },
    ],
    ['edited tile', (store) => changeRow(store, '74', flipped(30))],
    ['missing tile', (store) => changeRow(store, '74', () => undefined)],
    ['edited state', (store) => changeRow(store, '6d', flipped(60))],
    ['missing state', (store) => changeRow(store, '6d', () => undefined)],
  ]
  for (const [what, change] of cases)
    expect([what, (await reopened(change)).verdict]).toMatchObject([
      what,
      { ok: false, code: 'AUDIT_DIVERGED' },
    ])
})

test('a log that diverged signs nothing, and reads on', async () => {
  const { opened: again } = await reopened((store) => changeRow(store, '6d', () => undefined))
  expect(again.log.divergence?.code).toBe('AUDIT_DIVERGED')
  await expect(again.log.checkpoint()).rejects.toThrow('not what was signed')
  expect(JSON.parse(await again.log.leaf(3))).toMatchObject({ seq: 3 })
  await expect(again.log.leaf(999)).rejects.toThrow('lost')
  again.grow(300)
  expect(JSON.parse(await again.log.leaf(1299))).toMatchObject({ seq: 1299 })
})

test('a log that is shorter than what it signed does not sign', async () => {
  const { store } = await settled()
  const again = await openLog({ store, size: 0 })
  again.grow(700)
  expect(again.log.divergence).toBeUndefined()
  await expect(again.log.checkpoint()).rejects.toThrow('1000 leaves was signed')
  expect(await verifyOwn(again.log)).toMatchObject({ code: 'AUDIT_ROLLBACK' })
})

test('a replay that gives another root than a stored note stops signing', async () => {
  const { store } = await settled()
  const again = await openLog({ store, size: 0 })
  again.store.apply(again.log.observe([commit(0, { operations: [] }), ...commits(1, 1100)]))
  expect(again.log.divergence?.details).toEqual({ size: 600 })
  await expect(again.log.checkpoint()).rejects.toThrow('600 leaves')
})

test('rows that do not open are a divergence, and the store opens all the same', async () => {
  for (const prefix of ['63', '6d', '70']) {
    const { store, size } = await settled()
    const again = await openLog({ store: new SealedStore(store.rows, prefix), size })
    expect([prefix, again.log.divergence?.code]).toEqual([prefix, 'AUDIT_DIVERGED'])
    expect(JSON.parse(await again.log.leaf(3))).toMatchObject({ seq: 3 })
  }
})

/** Rows of one kind are not authentic. */
class SealedStore extends MemoryStore {
  readonly #prefix: string

  constructor(rows: Iterable<readonly [string, Uint8Array]>, prefix: string) {
    super(rows)
    this.#prefix = prefix
  }

  override async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (key[0] === Number.parseInt(this.#prefix, 16)) throw new ForgeError('RECORD_TAMPERED', 'not authentic')
    return await super.get(key)
  }

  override async *scan(
    range: { readonly from?: Uint8Array; readonly to?: Uint8Array },
    options: { reverse?: boolean; limit?: number } = {},
  ): ReturnType<MemoryStore['scan']> {
    if (this.#prefix === '63') throw new ForgeError('RECORD_TAMPERED', 'not authentic')
    yield* super.scan(range, options)
  }
}
