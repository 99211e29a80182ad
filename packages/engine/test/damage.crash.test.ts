import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isForgeError, SeededRandom, utf8Decode, utf8Encode } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LocalStore, verifyStore, type LocalStoreOptions } from '../src/index.ts'
import { readDatabaseDirectory } from '../src/leveldb-files/database-directory.ts'
import { tableName } from '../src/leveldb-files/table-file.ts'
import { ownIdentity } from '../src/lock/process-identity.ts'
import {
  applyTo,
  DATABASES,
  FACTS,
  put,
  readRows,
  remove,
  sortedRows,
  testProvider,
  type Rows,
} from './model.ts'
import { LONG_TIER } from './tier.ts'

/** Bit flips a file; small files are flipped at every byte until this many. */
const FLIPS_PER_FILE = LONG_TIER ? 5_000 : 6
const CUTS_PER_FILE = LONG_TIER ? 200 : 2
const SWAPS_PER_FILE = LONG_TIER ? 6 : 2
const BLOCK_BYTES = 512

// Memory if there is any: what is tested is what is read, not the disk.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'forge-damage-'))
const pristine = join(folder, 'pristine')
const victim = join(folder, 'victim')
afterAll(() => rmSync(folder, { recursive: true }))

let rows: Rows = new Map()
const tally = { mutations: 0, refused: 0, reported: 0, harmless: 0 }
afterAll(() => console.log(`damage: ${JSON.stringify(tally)}`))

const options = (path: string): LocalStoreOptions => ({
  path,
  databases: DATABASES,
  provider: testProvider(),
  create: 'never',
})

beforeAll(async () => {
  const random = new SeededRandom(42)
  for (let round = 0; round < 3; round++) {
    const store = await LocalStore.open({ ...options(pristine), create: 'if-missing' })
    for (let index = 0; index < 60; index++) {
      const value = `${round}.${index}.${Buffer.from(random.bytes(300)).toString('hex')}`
      const key = `k${random.below(80)}`
      const operations = [
        ...DATABASES.map((name) => put(name, `${key}.${name}`, value)),
        remove('beta', `k${random.below(80)}.beta`),
      ]
      await store.commit(() => ({ facts: FACTS, operations }))
      rows = applyTo(rows, operations)
      if (index === 30) await store.flush()
    }
    await store.close()
  }
  // The lock of a process that is gone.
  writeFileSync(
    join(pristine, 'lock'),
    JSON.stringify({ nonce: 'ab'.repeat(16), ...ownIdentity(), pid: 4_000_000 }),
  )
})

type Kind =
  | 'FORGE'
  | 'keyring'
  | 'wal'
  | 'flush-point'
  | 'CURRENT'
  | 'MANIFEST'
  | 'table'
  | 'log'
  | 'LOG'
  | 'LOCK'
  | 'lock'

function kindOf(file: string): Kind {
  const name = basename(file)
  if (name.startsWith('keyring')) return 'keyring'
  if (name.startsWith('MANIFEST-')) return 'MANIFEST'
  if (name.endsWith('.wal')) return 'wal'
  if (name.endsWith('.ldb')) return 'table'
  if (name.endsWith('.log')) return 'log'
  if (name.startsWith('LOG')) return 'LOG'
  return name as Kind // FORGE, flush-point, CURRENT, LOCK, lock; a name beyond them fails the count of kinds below
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

/** Tables that a compaction left behind when its database closed are part of nothing. */
async function liveTables(): Promise<ReadonlySet<string>> {
  const live = new Set<string>()
  for (const name of DATABASES) {
    const directory = await readDatabaseDirectory(join(pristine, name))
    if ('problem' in directory) throw new Error(`the pristine ${name} is damaged`)
    for (const { number } of directory.manifest.tables) live.add(join(name, tableName(number)))
  }
  return live
}

function restore(): void {
  rmSync(victim, { recursive: true, force: true })
  cpSync(pristine, victim, { recursive: true })
}

/** Opens, verifies, reads everything that may be read. @returns what happened; throws what must never happen */
async function judge(): Promise<'refused' | 'reported' | 'harmless'> {
  let store: LocalStore
  try {
    store = await LocalStore.open(options(victim))
  } catch (error) {
    expect(isForgeError(error), `an untyped error: ${String(error)}`).toBe(true)
    return 'refused'
  }
  try {
    const report = await verifyStore(store)
    if (report.ok) {
      expect(sortedRows(await readRows(store))).toEqual(sortedRows(rows))
      return 'harmless'
    }
    await expectNoWrongValue(store)
    return 'reported'
  } finally {
    await store
      .close()
      .catch((error: unknown) => expect(isForgeError(error), `closing: ${String(error)}`).toBe(true))
  }
}

async function expectNoWrongValue(store: LocalStore): Promise<void> {
  for (const [place, value] of rows) {
    const [database, key] = place.split('/') as [string, string]
    try {
      const found = await store.get(database, utf8Encode(key))
      if (found !== undefined) expect(utf8Decode(found) === value, `${place} has a wrong value`).toBe(true)
    } catch (error) {
      if (!isForgeError(error)) throw error
    }
  }
}

async function mutate(what: string, change: () => void): Promise<'refused' | 'reported' | 'harmless'> {
  restore()
  change()
  if (process.env['FORGE_TEST_TRACE']) appendFileSync(process.env['FORGE_TEST_TRACE'], `${what}\n`)
  try {
    const outcome = await judge()
    tally.mutations++
    tally[outcome]++
    return outcome
  } catch (cause) {
    throw new Error(`${what}`, { cause })
  }
}

/** Thousands of openings, on a machine that is busy with others. */
const HANG_MS = 7_200_000

/** Every position when there are few, else the ends and a sample between. */
function positions(size: number, count: number, random: SeededRandom): number[] {
  if (size <= count) return Array.from({ length: size }, (_, index) => index)
  const all = [0, size - 1, 3, size - 40, 1, size - 9, 2, size - 2].filter((at) => at >= 0)
  const ends = LONG_TIER ? all : all.slice(0, count)
  const more = Math.max(count - ends.length, 0)
  return [...ends, ...Array.from({ length: more }, () => random.below(size))]
}

test('the pristine store is found whole', async () => {
  expect(new Set(filesBelow(pristine).map(kindOf)).size).toBe(11)
  expect(await mutate('nothing', () => undefined)).toBe('harmless')
})

test(
  'one flipped bit in any file is refused, reported or harmless',
  async () => {
    const random = new SeededRandom(1)
    const live = await liveTables()
    for (const file of filesBelow(pristine)) {
      const bytes = readFileSync(join(pristine, file))
      for (const at of positions(bytes.length, FLIPS_PER_FILE, random)) {
        const bit = random.below(8)
        const changed = Buffer.from(bytes)
        changed[at]! ^= 1 << bit
        const outcome = await mutate(`bit ${bit} of byte ${at} of ${file}`, () =>
          writeFileSync(join(victim, file), changed),
        )
        const orphan = kindOf(file) === 'table' && !live.has(file)
        const passive = orphan || ['LOG', 'LOCK', 'log', 'lock'].includes(kindOf(file))
        // A longer spelling of the same number; LevelDB reads it as we do.
        const footer = kindOf(file) === 'table' && at >= bytes.length - 48
        if (!passive && !footer) expect(outcome, `bit ${bit} of byte ${at} of ${file}`).not.toBe('harmless')
      }
    }
  },
  HANG_MS,
)

test(
  'any file cut, zeroed in one block, removed, grown or swapped is refused, reported or harmless',
  async () => {
    const random = new SeededRandom(2)
    const files = filesBelow(pristine)
    for (const file of files) {
      const path = join(victim, file)
      const { size } = statSync(join(pristine, file))
      for (const at of positions(size, CUTS_PER_FILE, random))
        await mutate(`${file} cut at ${at}`, () => truncateSync(path, at))
      for (const at of positions(Math.ceil(size / BLOCK_BYTES), CUTS_PER_FILE, random)) {
        await mutate(`block ${at} of ${file} zeroed`, () => {
          const bytes = readFileSync(path)
          bytes.fill(0, at * BLOCK_BYTES, Math.min(bytes.length, (at + 1) * BLOCK_BYTES))
          writeFileSync(path, bytes)
        })
      }
      await mutate(`${file} removed`, () => rmSync(path))
      await mutate(`${file} grown`, () => writeFileSync(path, random.bytes(100), { flag: 'a' }))
      await mutate(`${file} a directory`, () => {
        rmSync(path)
        cpSync(join(pristine, 'journal'), path, { recursive: true })
      })
      const others = files.filter((other) => other !== file && kindOf(other) === kindOf(file))
      for (const other of others.slice(0, SWAPS_PER_FILE)) {
        await mutate(`${file} swapped with ${other}`, () => {
          renameSync(path, `${path}.swap`)
          renameSync(join(victim, other), path)
          renameSync(`${path}.swap`, join(victim, other))
        })
      }
    }
  },
  HANG_MS,
)

test('a removed or replaced directory is refused, reported or harmless', async () => {
  for (const name of [...DATABASES, 'journal']) {
    expect(
      await mutate(`${name} removed`, () => rmSync(join(victim, name), { recursive: true })),
      name,
    ).not.toBe('harmless')
  }
  const swapped = await mutate('alpha and beta swapped', () => {
    renameSync(join(victim, 'alpha'), join(victim, 'x'))
    renameSync(join(victim, 'beta'), join(victim, 'alpha'))
    renameSync(join(victim, 'x'), join(victim, 'beta'))
  })
  expect(swapped).not.toBe('harmless')
})
