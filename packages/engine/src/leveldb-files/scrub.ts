import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isNotFound } from '../files/node-store-files.ts'
import { readDatabaseDirectory, type DatabaseDirectory, type FileFinding } from './database-directory.ts'
import type { LiveTable } from './manifest.ts'
import { checkTable, tableName } from './table-file.ts'

/** What a check of the files of one database found. */
export interface ScrubResult {
  readonly tables: number
  readonly bytes: number
  readonly findings: readonly FileFinding[]
}

/** A compaction may replace tables while they are read; then the MANIFEST is read again, this often at most. */
const ROUNDS_MAX = 20
/** LevelDB writes a record of a MANIFEST in one or two system calls. */
const TORN_WAIT_MS = 200

/** Checks every live table of a database, beside a writer if there is one. */
export async function scrubDatabase(path: string): Promise<ScrubResult> {
  const checked = new Set<number>()
  const findings: FileFinding[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const directory = await readDatabaseDirectory(path)
    if ('problem' in directory) return { tables: checked.size, bytes, findings: [directory] }
    const left = directory.manifest.tables.filter((table) => !checked.has(table.number))
    let vanished = false
    for (const table of left) {
      const problem = await checkPresent(path, table)
      if (problem === 'vanished') {
        vanished = true
        continue
      }
      checked.add(table.number)
      bytes += table.size
      if (problem !== undefined) findings.push({ file: tableName(table.number), problem })
    }
    if (!vanished) {
      const torn = await tornForGood(path, directory)
      return { tables: checked.size, bytes, findings: torn === undefined ? findings : [...findings, torn] }
    }
  }
  const { tables } = await liveTables(path)
  const missing = tables.filter((table) => !checked.has(table.number))
  for (const table of missing) findings.push({ file: tableName(table.number), problem: 'it is missing' })
  return { tables: checked.size, bytes, findings }
}

/** A torn end that is still the same after a while is none that a writer is just writing. */
async function tornForGood(path: string, before: DatabaseDirectory): Promise<FileFinding | undefined> {
  if (!before.manifest.torn) return undefined
  await setTimeout(TORN_WAIT_MS)
  const now = await readDatabaseDirectory(path)
  if ('problem' in now) return now
  const same =
    now.manifestName === before.manifestName && now.manifest.endOffset === before.manifest.endOffset
  return same && now.manifest.torn ? { file: now.manifestName, problem: 'its end is torn' } : undefined
}

async function liveTables(path: string): Promise<{ tables: readonly LiveTable[] }> {
  const directory = await readDatabaseDirectory(path)
  return 'problem' in directory ? { tables: [] } : directory.manifest
}

async function checkPresent(path: string, table: LiveTable): Promise<string | 'vanished' | undefined> {
  try {
    return await checkTable(join(path, tableName(table.number)), table)
  } catch (error) {
    if (isNotFound(error)) return 'vanished'
    throw error
  }
}
