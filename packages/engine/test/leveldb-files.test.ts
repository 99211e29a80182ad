import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  checkStructure,
  databaseState,
  readDatabaseDirectory,
} from '../src/leveldb-files/database-directory.ts'
import { readLogRecords } from '../src/leveldb-files/log-records.ts'
import { parseManifest, type Manifest } from '../src/leveldb-files/manifest.ts'
import { scrubDatabase } from '../src/leveldb-files/scrub.ts'
import { checkTable, tableName } from '../src/leveldb-files/table-file.ts'

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'forge-leveldb-'))
const path = join(folder, 'database')
let manifest: Manifest
let manifestName: string
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const random = new SeededRandom(3)
  for (let round = 0; round < 3; round++) {
    const level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      compression: false,
      writeBufferSize: 65_536,
    })
    for (let index = 0; index < 400; index++) {
      await level.put(random.bytes(1 + random.below(60)), random.bytes(random.below(1200)))
    }
    await level.compactRange(new Uint8Array(1), new Uint8Array(16).fill(0xff))
    for (let index = 0; index < 50; index++) await level.put(random.bytes(8), random.bytes(100))
    await level.close()
  }
  const directory = await readDatabaseDirectory(path)
  if ('problem' in directory) throw new Error(directory.problem)
  ;({ manifest, manifestName } = directory)
})

test('what LevelDB wrote is read whole, and no finding is made', async () => {
  expect(manifest.tables.length).toBeGreaterThan(0)
  expect(manifest.torn).toBe(false)
  expect(await scrubDatabase(path)).toMatchObject({ findings: [], tables: manifest.tables.length })
  const expected = await databaseState('database', path)
  expect(await checkStructure(path, expected, true)).toEqual([])
  const logs = readdirSync(path).filter((name) => name.endsWith('.log'))
  expect(logs.length).toBeGreaterThan(0)
  for (const log of logs) {
    const { records, brokenOffset } = readLogRecords(readFileSync(join(path, log)))
    expect({ brokenOffset, written: records.length }).toEqual({ brokenOffset: undefined, written: 50 })
  }
})

test('every prefix of a MANIFEST gives a finding once the store was closed', async () => {
  const expected = await databaseState('database', path)
  const copy = join(folder, 'prefix')
  cpSync(path, copy, { recursive: true })
  const bytes = readFileSync(join(path, manifestName))
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(join(copy, manifestName), bytes.subarray(0, length))
    expect(
      (await checkStructure(copy, expected, true)).length,
      `${length} of ${bytes.length} bytes`,
    ).toBeGreaterThan(0)
    const parsed = parseManifest(bytes.subarray(0, length))
    // A crash may tear the last record, so a store that was not closed takes what is whole and no more.
    if (!('damage' in parsed)) expect(parsed.endOffset).toBeLessThanOrEqual(length)
  }
})

test('every flipped bit of a MANIFEST gives a finding', async () => {
  const expected = await databaseState('database', path)
  const copy = join(folder, 'flip')
  cpSync(path, copy, { recursive: true })
  const bytes = readFileSync(join(path, manifestName))
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(join(copy, manifestName), changed)
    expect((await checkStructure(copy, expected, true)).length, `bit ${bit}`).toBeGreaterThan(0)
  }
})

test('flipped bits, cuts and a swap of tables are found', async () => {
  const random = new SeededRandom(9)
  const copy = join(folder, 'table.ldb')
  for (const table of manifest.tables) {
    const bytes = readFileSync(join(path, tableName(table.number)))
    for (let count = 0; count < 150; count++) {
      const at = random.below(bytes.length - 48)
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << random.below(8)
      writeFileSync(copy, changed)
      expect(await checkTable(copy, table), `byte ${at}`).toBeDefined()
    }
    // The footer has no checksum: the same numbers spelled longer are harmless, anything else is found.
    for (let bit = (bytes.length - 48) * 8; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(copy, changed)
      const finding = await checkTable(copy, table)
      if (finding === undefined) expect(bit % 8).toBe(7)
    }
    for (const size of [0, 1, 47, 48, bytes.length - 1, bytes.length >> 1]) {
      writeFileSync(copy, bytes.subarray(0, size))
      expect(await checkTable(copy, table)).toBeDefined()
    }
    const other = manifest.tables.find((each) => each.number !== table.number)
    if (other !== undefined)
      expect(
        await checkTable(join(path, tableName(other.number)), { ...table, size: other.size }),
      ).toBeDefined()
  }
})

test('a MANIFEST whose last record a crash tore is read up to it; one that breaks before is damage', () => {
  const bytes = readFileSync(join(path, manifestName))
  const whole = parseManifest(bytes)
  if ('damage' in whole) throw new Error(whole.damage)
  for (const tail of [bytes.subarray(0, 30), new Uint8Array(500), new Uint8Array(3)]) {
    const torn = parseManifest(Buffer.concat([bytes, tail]))
    expect(torn).toMatchObject({ torn: true, endOffset: whole.endOffset, tables: whole.tables })
  }
  const unknownType = Uint8Array.from([1, 2, 3, 4, 1, 0, 9, 0])
  expect(parseManifest(Buffer.concat([bytes, unknownType]))).toHaveProperty('damage')
  expect(parseManifest(new Uint8Array(0))).toHaveProperty('damage')
})
