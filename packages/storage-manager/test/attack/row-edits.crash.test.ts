// Rows taken out, swapped, planted and put back through LevelDB itself, without any secret: by its log and by tables.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { ClassicBackend } from '@forgeone/engine'
import { expect, test } from 'vitest'
import { attackFolder, copyOf, filledStore, type BaseKind, type BaseStore } from './base-stores.ts'
import { differences, Judge, type Judgement } from './judge.ts'
import { ofTier, SEED } from './tier.ts'

/** Of all edits of a kind of store, so many run with every test; this is above the number of all. */
const EDITS = ofTier({ short: 6, long: 100_000 })
const LAST_FEW = 3

interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}
type Change = { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array } | Deletion
type Deletion = { readonly type: 'del'; readonly key: Uint8Array }
type Way = 'log' | 'table'

interface Edit {
  readonly title: string
  readonly database: string
  readonly way: Way
  readonly changes: readonly Change[]
}

/** What is not noticed in tables of a killed store though data differ, and why: `SECURITY.md` says so. */
const ACCEPTED: readonly (readonly [title: RegExp, reason: string])[] = [
  [/^system 1[01]: .*, by table$/, 'a setting was written after the last description'],
  [/^audit 63: the first deleted, by table$/, 'of the notes only the newest is described'],
  [
    /^events_shard_\d 51: .*, by table$/,
    'answers to idempotent appends are kept for a day, and not described',
  ],
]

const deletions = (rows: readonly Row[]): Deletion[] => rows.map(({ key }) => ({ type: 'del', key }))
const puts = (rows: readonly Row[]): Change[] => rows.map((row) => ({ type: 'put', ...row }))
const keyspaceOf = ({ key }: Row): string => Buffer.from(key.subarray(0, 1)).toString('hex')

async function rowsOf(path: string, database: string): Promise<Row[]> {
  const level = await new ClassicBackend(path).open(database, { create: false })
  const rows: Row[] = []
  for await (const [key, value] of level.iterator()) rows.push({ key: key.slice(), value: value.slice() })
  await level.close()
  return rows
}

function changesOf(rows: readonly Row[], older: readonly Row[]): Readonly<Record<string, readonly Change[]>> {
  const [one, other] = rows
  const foreign = { key: Uint8Array.of(...one!.key.subarray(0, 1), 0x99, 0xaa), value: one!.value }
  const replaced = older.filter(({ key, value }) =>
    rows.some((row) => Buffer.compare(row.key, key) === 0 && Buffer.compare(row.value, value) !== 0),
  )
  return {
    'the first deleted': deletions(rows.slice(0, 1)),
    'the last deleted': deletions(rows.slice(-1)),
    'the last few deleted': deletions(rows.slice(-LAST_FEW)),
    'all deleted': deletions(rows),
    ...(other && {
      'two values swapped': puts([
        { key: one!.key, value: other.value },
        { key: other.key, value: one!.value },
      ]),
    }),
    'a foreign row put': puts([foreign]),
    ...(replaced.length > 0 && { 'an older row put back': puts(replaced.slice(-1)) }),
  }
}

async function editsOf(base: BaseStore, earlier: BaseStore, folder: string): Promise<Edit[]> {
  const copy = copyOf(base, join(folder, 'read'))
  const older = copyOf(earlier, join(folder, 'read-earlier'))
  const databases = readdirSync(copy).filter(
    (name) => name !== 'journal' && statSync(join(copy, name)).isDirectory(),
  )
  const edits: Edit[] = []
  for (const database of databases) {
    const rows = Map.groupBy(await rowsOf(copy, database), keyspaceOf)
    const before = await rowsOf(older, database)
    for (const [keyspace, those] of rows) {
      const changes = changesOf(
        those,
        before.filter((row) => keyspaceOf(row) === keyspace),
      )
      for (const [what, list] of Object.entries(changes))
        for (const way of ['log', 'table'] as const)
          edits.push({ title: `${database} ${keyspace}: ${what}, by ${way}`, database, way, changes: list })
    }
  }
  return edits
}

async function applyEdit(path: string, edit: Edit): Promise<void> {
  const backend = new ClassicBackend(path)
  const level = await backend.open(edit.database, { create: false })
  await level.batch([...edit.changes])
  if (edit.way === 'table') await backend.flush(edit.database, level)
  await level.close()
}

/** @returns what went wrong, or undefined */
function faultOf(base: Judgement, now: Judgement): string | undefined {
  const { altered } = differences(base, now)
  const uncoded = [...now.noticed, ...altered].filter((text) => text.includes('uncoded'))
  if (uncoded.length > 0) return uncoded.join(' ')
  const isNew = now.noticed.some((code) => !base.noticed.includes(code))
  if (isNew || altered.length === 0) return undefined
  return `SILENT, other data in ${altered.join(', ')}`
}

function someOf<T>(all: readonly T[], count: number): readonly T[] {
  const random = new SeededRandom(SEED)
  return count >= all.length ? all : Array.from({ length: count }, () => all[random.below(all.length)]!)
}

for (const kind of ['closed', 'killed'] as const satisfies readonly BaseKind[]) {
  test(`rows that LevelDB changed in a ${kind} store are noticed, or nothing differs`, async () => {
    console.log(`seed ${SEED} (set FORGE_TEST_SEED to repeat)`)
    using folder = attackFolder()
    const base = filledStore(folder.path, kind)
    const earlier: BaseStore = { ...base, path: `${base.path}-earlier` }
    using judge = new Judge(base.leaves)
    const victim = join(folder.path, 'victim')
    const whole = await judge.judge(copyOf(base, victim))
    const all = await editsOf(base, earlier, folder.path)
    const edits = someOf(all, EDITS)
    const faults: string[] = []
    let accepted = 0
    for (const edit of edits) {
      await applyEdit(copyOf(base, victim), edit)
      const fault = await judge.judge(victim).then((now) => faultOf(whole, now), String)
      if (fault === undefined) continue
      if (ACCEPTED.some(([title]) => title.test(edit.title))) accepted++
      else {
        faults.push(`${edit.title}: ${fault}`)
        console.log(faults.at(-1)) // a long run that is cut short has told what it found
      }
    }
    console.log(`${kind}: ${edits.length} of ${all.length} edits, ${accepted} accepted as not noticed`)
    expect(faults).toEqual([])
  }, 7_200_000)
}
