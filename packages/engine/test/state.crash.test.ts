import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { crc32c, SeededRandom, toHex, utf8Encode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, MemoryBackend, MemoryStoreFiles, type WatchedScope } from '../src/index.ts'
import { scrubDatabase } from '../src/leveldb-files/scrub.ts'
import { VarintCursor } from '../src/leveldb-files/varints.ts'
import { stateRoot } from '../src/state/state-root.ts'
import { SimulatedMachine, Power, type CutStyle } from '../src/testing/index.ts'
import { changeFile, filesOf, hazardFolder, removeFolder } from './hazards.ts'
import { DATABASES, FACTS, put, remove, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'

/** Rows of `beta` whose key begins with `m` are not watched. */
const SCOPES: readonly WatchedScope[] = [
  { database: 'alpha', describedSoon: true },
  { database: 'beta', without: ['m'.charCodeAt(0)] },
]

let states = 0
afterAll(() => console.log(`power-loss states with watched rows checked: ${states}`))

type Home = Required<Pick<Parameters<typeof LocalStore.open>[0], 'files' | 'backend'>>

function memory(): Home {
  return { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
}

function open({ files, backend }: Home, describeAfterMs?: number): Promise<LocalStore> {
  return LocalStore.open({
    databases: DATABASES,
    provider: testProvider(),
    stateScopes: SCOPES,
    files,
    backend,
    flushPointBytes: 6000,
    describeAfterMs,
  })
}

async function write(store: LocalStore, ...operations: Parameters<typeof put>[]): Promise<void> {
  await store.commit(() => ({ facts: FACTS, operations: operations.map((each) => put(...each)) }))
}

/** A row as it lies in LevelDB. */
async function sealedRow({ backend }: Home, database: string, key: string): Promise<Uint8Array | undefined> {
  const level = await backend.open(database, { create: false })
  const value = await level.get(utf8Encode(key))
  await level.close()
  return value
}

/** What somebody does who can write to the files and has no key. `undefined` takes the row away. */
async function putBack(
  home: Home,
  place: readonly [string, string],
  sealed: Uint8Array | undefined,
): Promise<void> {
  const level = await home.backend.open(place[0], { create: false })
  if (sealed === undefined) await level.del(utf8Encode(place[1]))
  else await level.put(utf8Encode(place[1]), sealed)
  await level.close()
}

/** A store in which `alpha/right` was `granted` and is `revoked` now. @returns the row that granted */
async function revoked(home: Home): Promise<Uint8Array> {
  const first = await open(home)
  await write(
    first,
    ['alpha', 'right', 'granted'],
    ['beta', 'k', '1'],
    ['beta', 'metric', '1'],
    ['gamma', 'k', '1'],
  )
  await first.close()
  const older = await sealedRow(home, 'alpha', 'right')
  const second = await open(home)
  await write(second, ['alpha', 'right', 'revoked'])
  await second.close()
  return older!
}

test('an older row put back into a closed store sets its database aside, and the others serve', async () => {
  const home = memory()
  const older = await revoked(home)
  await putBack(home, ['alpha', 'right'], older)
  const store = await open(home)
  expect(store.offlineDatabases).toEqual(['alpha'])
  expect(store.health().reasons).toMatchObject([{ code: 'STATE_MISMATCH', where: 'alpha' }])
  await expect(store.get('alpha', utf8Encode('right'))).rejects.toMatchObject({ code: 'STATE_MISMATCH' })
  expect(await store.get('beta', utf8Encode('k'))).toEqual(utf8Encode('1'))
  await store.close()
})

test('it stays aside however often the store is opened, written to, flushed and closed', async () => {
  const home = memory()
  await putBack(home, ['alpha', 'right'], await revoked(home))
  for (let round = 0; round < 4; round++) {
    const store = await open(home)
    expect(store.offlineDatabases).toEqual(['alpha'])
    await write(store, ['beta', `round${round}`, 'x'.repeat(4000)])
    if (round % 2 === 0) await store.flush()
    await store.close()
  }
})

test('a row taken away, a row brought back and a row moved from another state are noticed', async () => {
  const home = memory()
  await revoked(home)
  const row = await sealedRow(home, 'alpha', 'right')
  await putBack(home, ['alpha', 'right'], undefined)
  expect((await opened(home)).offline).toEqual(['alpha'])
  await putBack(home, ['alpha', 'right'], row)
  expect((await opened(home)).offline).toEqual([])
  const deleting = await open(home)
  await deleting.commit(() => ({ facts: FACTS, operations: [remove('alpha', 'right')] }))
  await deleting.close()
  await putBack(home, ['alpha', 'right'], row)
  expect((await opened(home)).offline).toEqual(['alpha'])
})

async function opened(home: Home): Promise<{ offline: readonly string[] }> {
  const store = await open(home)
  const offline = store.offlineDatabases
  await store.close()
  return { offline }
}

test('rows outside the watched keyspaces and databases may differ', async () => {
  const home = memory()
  await revoked(home)
  const other = await sealedRow(home, 'beta', 'metric')
  const changing = await open(home)
  await write(changing, ['beta', 'metric', '2'])
  await changing.close()
  await putBack(home, ['beta', 'metric'], other)
  expect((await opened(home)).offline).toEqual([])
})

test('a flush point vouches for rows that no commit has touched since, though the store was never closed', async () => {
  const home = memory()
  const first = await open(home)
  await write(first, ['alpha', 'right', 'granted'])
  await first.flush()
  const older = await sealedCopy(first, 'alpha', 'right')
  await write(first, ['alpha', 'right', 'revoked'])
  await first.flush()
  await write(first, ['beta', 'metric', '3'], ['gamma', 'k', '2'])
  // The process ends here: what is opened next is what lay on the disk, with an older row in it.
  await putBack(home, ['alpha', 'right'], older)
  expect((await opened(home)).offline).toEqual(['alpha'])
})

test('rows that changed are described some time later, without a flush point, and a killed store is held to it', async () => {
  const home = memory()
  const first = await open(home, 1)
  await write(first, ['alpha', 'right', 'granted'])
  const older = await sealedCopy(first, 'alpha', 'right')
  await write(first, ['alpha', 'right', 'revoked'])
  // What follows the flush point is replayed, so that only rows of before can be put back.
  await first.flush()
  await write(first, ['alpha', 'other', 'right'])
  const { sequence } = first
  await expect.poll(() => first.sequence, { timeout: 120_000 }).toBeGreaterThan(sequence)
  await write(first, ['beta', 'metric', '3'], ['gamma', 'k', '2'])
  await putBack(home, ['alpha', 'right'], older)
  expect((await opened(home)).offline).toEqual(['alpha'])
})

async function sealedCopy(store: LocalStore, name: string, key: string): Promise<Uint8Array> {
  // A scan waits until LevelDB has every commit.
  for await (const page of store.scan(name, {})) void page
  for await (const page of store.parts.online.get(name)!.sealedPages({}))
    for (const row of page) if (Buffer.from(row.key).toString() === key) return row.value.slice()
  throw new RangeError('no such row')
}

test('the root is that of RFC 6962 over length-prefixed keys and digests of sealed values', async () => {
  for (const count of [0, 1, 2, 3, 5, 8, 13]) {
    const home = memory()
    const store = await open(home)
    const names = Array.from({ length: count }, (_, index) => `k${String(index).padStart(3, '0')}`)
    await write(store, ...names.map((name): [string, string, string] => ['alpha', name, name]), [
      'beta',
      'm',
      '',
    ])
    await store.flush()
    const database = store.parts.online.get('alpha')!
    const entries: Buffer[] = []
    for await (const page of database.sealedPages({}))
      for (const { key, value } of page) {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(key.length)
        entries.push(Buffer.concat([length, key, createHash('sha256').update(value).digest()]))
      }
    expect(entries).toHaveLength(count)
    expect(toHex(await stateRoot(database, { database: 'alpha' }))).toBe(toHex(slowRoot(entries)))
    const beta = store.parts.online.get('beta')!
    expect(toHex(await stateRoot(beta, SCOPES[1]!))).toBe(toHex(slowRoot([])))
    await store.close()
  }
})

function sha256(...parts: Uint8Array[]): Uint8Array {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

/** RFC 6962 section 2.1, by its definition. */
function slowRoot(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256()
  if (entries.length === 1) return sha256(Uint8Array.of(0), entries[0]!)
  let split = 1
  while (split * 2 < entries.length) split *= 2
  return sha256(Uint8Array.of(1), slowRoot(entries.slice(0, split)), slowRoot(entries.slice(split)))
}

/** Commits of every kind beside flush points, with a clean close in between. Stops where the power goes. */
async function run(machine: SimulatedMachine): Promise<void> {
  try {
    for (let round = 0; round < 3; round++) {
      // Descriptions come between the commits wherever they like.
      const store = await open(machine, round)
      for (let index = 0; index < 10; index++) {
        const durability = index % 3 === 2 ? 'relaxed' : 'sync'
        const text = `${round}.${index}.${'x'.repeat((index * 977) % 3000)}`
        const own = index % 4 === 0 ? [put('alpha', `k${index % 3}`, text)] : []
        const commits = [
          store.commit(() => ({ facts: FACTS, operations: [...own, put('beta', 'metric', text)] }), {
            durability,
          }),
          store.commit(() => ({ facts: FACTS, operations: [put('gamma', `k${index}`, text)] }), {
            durability,
          }),
          ...(index === 6 ? [store.flush()] : []),
          ...(index === 7 ? [store.commit(() => ({ facts: FACTS, operations: [remove('beta', 'k')] }))] : []),
        ]
        await Promise.all(commits)
      }
      await store.close()
      if (machine.power.gone) return
    }
  } catch {
    // The power went out.
  }
}

test('a power cut at any sync point never makes rows look put back', async () => {
  const whole = new SimulatedMachine()
  await run(whole)
  const creation = new SimulatedMachine()
  await open(creation)
  for (let cutAt = creation.power.points; cutAt < whole.power.points; cutAt += LONG_TIER ? 1 : 3) {
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    await run(before)
    const torn = Array.from({ length: LONG_TIER ? 8 : 1 }, (_, index): CutStyle => {
      return {
        kind: 'torn',
        random: new SeededRandom(cutAt * 100 + index),
        blockBytes: index % 2 === 0 ? 512 : 4096,
      }
    })
    for (const style of [{ kind: 'drop' } as const, { kind: 'keep' } as const, ...torn]) {
      // Cut again during the recovery of every other state.
      const recovering = before.restart(style, cutAt % 2 === 0 ? 1 + (cutAt % 9) : undefined)
      await open(recovering)
        .then((store) => store.close())
        .catch(() => undefined)
      const machine = recovering.restart(style)
      const store = await open(machine)
      expect(store.health().reasons, `cut at ${cutAt}, ${style.kind}`).toEqual([])
      await write(store, ['alpha', 'after', 'crash'])
      await store.close()
      const again = await open(machine)
      expect(again.health().reasons).toEqual([])
      await again.close()
      states++
    }
  }
})

test('of a keyspace whose end is watched the last row cannot go, and of one that is watched whole none', async () => {
  const [numbered, named] = ['n', 'g'].map((letter) => letter.charCodeAt(0)) as [number, number]
  const home = memory()
  const openHere = (): Promise<LocalStore> =>
    LocalStore.open({
      databases: DATABASES,
      provider: testProvider(),
      ...home,
      stateScopes: [
        { database: 'gamma', part: 'ends', ends: [numbered] },
        { database: 'gamma', part: 'groups', only: [named] },
      ],
    })
  const store = await openHere()
  await write(
    store,
    ['gamma', 'n1', ''],
    ['gamma', 'n2', ''],
    ['gamma', 'n3', ''],
    ['gamma', 'g1', ''],
    ['gamma', 'x', ''],
  )
  await store.flush()
  // Only the ends are written anew: the groups are still compared.
  await write(store, ['gamma', 'n4', ''], ['gamma', 'x', '2'])
  await store.close()
  const rowsOf = new Map<string, Uint8Array>()
  for (const key of ['n1', 'n4', 'g1', 'x']) rowsOf.set(key, (await sealedRow(home, 'gamma', key))!)
  for (const [key, offline] of [
    ['x', []],
    ['n1', []],
    ['n4', ['gamma']],
    ['g1', ['gamma']],
  ] as const) {
    await putBack(home, ['gamma', key], undefined)
    const found = await openHere()
    expect(found.offlineDatabases, key).toEqual(offline)
    await found.close()
    await putBack(home, ['gamma', key], rowsOf.get(key))
  }
})

test('bytes of an older value written into a table, with a checksum that fits, are noticed', async () => {
  const folder = hazardFolder()
  try {
    const path = join(folder, 'store')
    const openHere = (): Promise<LocalStore> =>
      LocalStore.open({ path, databases: DATABASES, provider: testProvider(), stateScopes: SCOPES })
    const sealed: Uint8Array[] = []
    for (const value of ['granted', 'revoked']) {
      const store = await openHere()
      await write(store, ['alpha', 'right', value])
      await store.flush()
      sealed.push(store.parts.online.get('alpha')!.level.getSync(utf8Encode('right'))!.slice())
      await store.close()
    }
    const [older, newer] = sealed
    let changed = 0
    for (const table of filesOf(join(path, 'alpha'), '.ldb')) {
      changeFile(table, (bytes) => {
        const at = bytes.indexOf(newer!)
        if (at < 0) return
        bytes.set(older!, at)
        repairFirstBlock(bytes)
        changed++
      })
    }
    expect(changed).toBe(1)
    expect((await scrubDatabase(join(path, 'alpha'))).findings).toEqual([])
    const store = await openHere()
    expect(store.health().reasons).toMatchObject([{ code: 'STATE_MISMATCH', where: 'alpha' }])
    await store.close()
  } finally {
    removeFolder(folder)
  }
})

/** Gives the block that begins a table the checksum of what it holds; it ends where the index block begins, or before. */
function repairFirstBlock(table: Uint8Array): void {
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  const size = firstBlockBytes(table)
  const checksum = crc32c(table.subarray(0, size + 1))
  // LevelDB's mask of a checksum that lies beside what it is of.
  view.setUint32(size + 1, (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0, true)
}

/** From the handle in the only entry of the index block, which the footer names. */
function firstBlockBytes(table: Uint8Array): number {
  const footer = new VarintCursor(table.subarray(table.length - 48, table.length - 8))
  footer.number()
  footer.number()
  const index = { offset: footer.number(), size: footer.number() }
  const entry = new VarintCursor(table.subarray(index.offset, index.offset + index.size))
  entry.number()
  const keyBytes = entry.number()
  entry.number()
  const handle = new VarintCursor(table.subarray(index.offset + entry.offset + keyBytes))
  expect(handle.number()).toBe(0)
  return handle.number()
}
