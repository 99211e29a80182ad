import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteWriter, crc32c } from '@forgeone/common'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, expect, test, afterEach } from 'vitest'
import { examineStore, LocalStore, verifyStore } from '../src/index.ts'
import { copyAsAfterKill, filesOf, fillStore, hazardFolder, removeFolder, storeOptions } from './hazards.ts'
import { DATABASES, readRows, sortedRows, type Rows } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const closed = join(folder, 'closed')
const killed = join(folder, 'killed')
let rows: Rows

beforeAll(async () => {
  const store = await LocalStore.open(storeOptions(closed))
  await fillStore(store, { from: 0, count: 60 })
  await store.flush()
  await fillStore(store, { from: 60, count: 20 })
  rows = await readRows(store)
  await copyAsAfterKill(store, closed, killed)
  await store.close()
})

const opened: LocalStore[] = []
async function reopened(path: string): Promise<LocalStore> {
  const store = await LocalStore.open({ ...storeOptions(path), create: 'never' })
  opened.push(store)
  return store
}
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

async function expectWhole(path: string, state: 'healthy' | 'degraded'): Promise<void> {
  const store = await LocalStore.open({ ...storeOptions(path), create: 'never' })
  expect(sortedRows(await readRows(store))).toEqual(sortedRows(rows))
  const { reasons } = store.health()
  if (state === 'degraded') expect(reasons).toMatchObject([{ code: 'DATABASE_DAMAGED', where: 'beta/log' }])
  else expect(reasons).toEqual([])
  expect((await verifyStore(store)).ok).toBe(state === 'healthy')
  await store.close()
  const again = await LocalStore.open({ ...storeOptions(path), create: 'never' })
  expect(sortedRows(await readRows(again))).toEqual(sortedRows(rows))
  expect([again.health().reasons, (await verifyStore(again)).ok]).toEqual([[], true])
  await again.close()
  const left = readdirSync(join(path, 'beta')).filter((name) => /\.(?:aside|foreign)$/.test(name))
  // Whoever opens it next, and whoever examines it, hears of what was found as long as it lies there.
  expect([left.length > 0, left.every((name) => name.endsWith('.foreign'))]).toEqual([
    state === 'degraded',
    true,
  ])
  const told = (await verifyStore(await reopened(path))).notices.map(({ where }) => where)
  expect(told).toEqual(left.map((name) => `beta/${name}`))
  const examined = (await examineStore(path)).find(({ name }) => name === 'beta')
  expect(examined?.status).toBe(state === 'degraded' ? 'warn' : 'ok')
}

const someDeletes = (keys: readonly string[]): readonly (readonly [string, readonly string[]])[] => [
  ['every row', keys],
  ['the first row', keys.slice(0, 1)],
  ['a row in the middle', [keys[30]!]],
  ['the last rows', keys.slice(-5)],
]

for (const [kind, base] of [
  ['closed', closed],
  ['killed', killed],
] as const) {
  for (const [index, title] of [
    'every row',
    'the first row',
    'a row in the middle',
    'the last rows',
  ].entries()) {
    test(`${title} taken out of a ${kind} store through LevelDB is there again, and noticed where nobody may have written`, async () => {
      const path = join(folder, `${kind}-${index}`)
      cpSync(base, path, { recursive: true })
      const level = new ClassicLevel(join(path, 'beta'), { keyEncoding: 'hex', compression: false })
      const keys = await level.keys().all()
      await level.batch(someDeletes(keys)[index]![1].map((key) => ({ type: 'del', key })))
      await level.close()
      await expectWhole(path, kind === 'closed' ? 'degraded' : 'healthy')
    })
  }
}

/** A batch as LevelDB writes it, in a log record of its own. */
function logOf(batch: Uint8Array): Uint8Array {
  const body = new ByteWriter().u8(1).bytes(batch).finish()
  const checksum = crc32c(body)
  const masked = (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0
  const header = Buffer.alloc(6)
  header.writeUInt32LE(masked, 0)
  header.writeUInt16LE(batch.length, 4)
  return Buffer.concat([header, body])
}

const FOREIGN: Readonly<Record<string, (log: string, path: string) => void>> = {
  'the MANIFEST of another database': (log, path) => {
    const manifest = readdirSync(join(path, 'alpha')).find((name) => name.startsWith('MANIFEST'))!
    cpSync(join(path, 'alpha', manifest), log)
  },
  'a batch with the highest sequence of all': (log) =>
    writeFileSync(log, logOf(Buffer.from('ffffffffffffffff01000000000161', 'hex'))),
  'a batch that counts more rows than it has': (log) =>
    writeFileSync(log, logOf(Buffer.from('0100000000000000ff000000000161', 'hex'))),
  'random bytes': (log) => writeFileSync(log, Buffer.alloc(4096, 0x5a)),
  'a sparse file of 3 GiB': (log) => {
    writeFileSync(log, '')
    truncateSync(log, 3 * 1024 ** 3)
  },
  'a FIFO': (log) => {
    rmSync(log)
    execFileSync('mkfifo', [log])
  },
}

for (const [title, plant] of Object.entries(FOREIGN)) {
  test(`${title} in place of a log is never given to LevelDB`, async () => {
    for (const [kind, base] of [
      ['closed', closed],
      ['killed', killed],
    ] as const) {
      const path = join(folder, `${kind}-${title}`)
      cpSync(base, path, { recursive: true })
      plant(filesOf(join(path, 'beta'), '.log').at(-1)!, path)
      await expectWhole(path, kind === 'closed' ? 'degraded' : 'healthy')
    }
  })
}

test('a database that LevelDB merely opened and closed is the one that was closed', async () => {
  const path = join(folder, 'just-opened')
  cpSync(closed, path, { recursive: true })
  for (const name of DATABASES) {
    const level = new ClassicLevel(join(path, name))
    await level.open()
    await level.close()
  }
  await expectWhole(path, 'healthy')
})
