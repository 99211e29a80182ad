import { equalBytes, ForgeError, isForgeError, type SealedOperation } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import type { Backend } from '../database/backend.ts'
import { Database } from '../database/database.ts'
import { levelFailure, shortageOf } from '../database/level-failure.ts'
import { ioFailure } from '../files/io-failure.ts'
import type { BatchRow } from '../leveldb-files/write-batch.ts'
import type { DatabaseState, FlushPoint } from '../format/flush-point.ts'
import type { Health } from '../health/health.ts'

export interface OpenedDatabases {
  readonly online: Map<string, Database>
  /** Set aside because they are damaged: name to the error that calls on them get. */
  readonly offline: Map<string, ForgeError>
  /** Logs of LevelDB with a broken record, or one that no store wrote, as `database/file`. */
  readonly damagedLogs: readonly string[]
}

/** Rows that are written outside the journal: LevelDB's log is the only place that has the last of them after a crash. */
export interface UnjournaledRows {
  readonly database: string
  readonly keyspace: number
}

export interface OpenDatabasesOptions {
  readonly existing: readonly string[]
  readonly added: readonly string[]
  readonly backend: Backend
  readonly keyring: Keyring
  readonly flushPoint: FlushPoint | undefined
  readonly unjournaled: UnjournaledRows | undefined
  readonly health: Health
  /** Runs after all files were checked and before the first one changes. */
  readonly beforeOpening: () => Promise<void>
}

/** Opens every database that is structurally whole; a damaged one goes offline and the rest still serve. */
export async function openDatabases(options: OpenDatabasesOptions): Promise<OpenedDatabases> {
  const online = new Map<string, Database>()
  const offline = new Map<string, ForgeError>()
  const sound: string[] = []
  for (const name of options.existing) {
    const damage = await findDamage(name, options)
    if (damage === undefined) sound.push(name)
    else setOffline(name, damage, options.health, offline)
  }
  const foreign = await foreignLogs(sound, options)
  await options.beforeOpening()
  const { damaged, unjournaled } = await setAllLogsAside(sound, foreign, options)
  const openOne = async (name: string, create: boolean): Promise<void> => {
    const opened = await tryOpen(name, create, options)
    if (opened instanceof Database) online.set(name, opened)
    // A database that never served has nothing to set aside: the opening fails and may be repeated.
    else if (create) throw opened
    else setOffline(name, opened, options.health, offline)
  }
  try {
    await settleAll([
      ...sound.map((name) => openOne(name, false)),
      ...options.added.map((name) => openOne(name, true)),
    ])
  } catch (error) {
    await Promise.all([...online.values()].map((database) => database.close()))
    throw error
  }
  const { database } = options.unjournaled ?? {}
  if (database !== undefined && online.has(database) && !foreign.has(database))
    await keepUnjournaled(online.get(database)!, unjournaled)
  for (const name of online.keys()) if (sound.includes(name)) await options.backend.removeLogsAside(name)
  // Maps keep the order of insertion, and opening finishes in any order: restore the order of the names.
  const names = [...options.existing, ...options.added]
  const sorted = names.flatMap((name) => (online.has(name) ? [[name, online.get(name)!] as const] : []))
  return { online: new Map(sorted), offline, damagedLogs: damaged }
}

async function findDamage(name: string, options: OpenDatabasesOptions): Promise<ForgeError | undefined> {
  const { flushPoint } = options
  const expected = flushPoint?.databases.find((state) => state.name === name)
  try {
    const [finding] = await options.backend.check(name, expected, flushPoint?.closed ?? false)
    if (finding === undefined) return undefined
    return new ForgeError('DATABASE_DAMAGED', `${name}/${finding.file} is damaged: ${finding.problem}`)
  } catch (cause) {
    const shortage = shortageOf(cause, `read the files of ${name}`)
    if (shortage !== undefined) throw shortage
    if (!isForgeError(ioFailure(cause, 'read'))) throw cause
    return new ForgeError('DATABASE_DAMAGED', `the files of ${name} cannot be read`, { cause })
  }
}

/**
 * Databases whose logs are not those of the clean close. Nothing of them is taken: what was closed lies in tables, which are
 * checked, so the database serves as it was closed, and its health says what was found.
 */
async function foreignLogs(
  names: readonly string[],
  { backend, flushPoint, health }: OpenDatabasesOptions,
): Promise<ReadonlySet<string>> {
  const foreign = new Set<string>()
  if (flushPoint?.closed !== true) return foreign
  const compare = async ({ name, logsDigest }: DatabaseState): Promise<void> => {
    if (!names.includes(name) || equalBytes(await backend.logsDigest(name), logsDigest)) return
    foreign.add(name)
    const message = `somebody wrote into the log of ${name} while the store was closed; it was kept as <log>.foreign, and nothing of it counts`
    health.note(new ForgeError('DATABASE_DAMAGED', message, { details: { database: name } }), `${name}/log`)
  }
  await settleAll(flushPoint.databases.map(compare))
  return foreign
}

/** LevelDB never meets its logs: what they hold is in the journal, but for the rows that are written outside of it. */
async function setAllLogsAside(
  names: readonly string[],
  foreign: ReadonlySet<string>,
  { backend, unjournaled, health }: OpenDatabasesOptions,
): Promise<{ readonly damaged: readonly string[]; readonly unjournaled: readonly BatchRow[] }> {
  const damaged: string[] = []
  const kept: BatchRow[] = []
  const setAside = async (name: string): Promise<void> => {
    const left = await backend.setLogsAside(name)
    damaged.push(...left.damaged.map((file) => `${name}/${file}`))
    if (foreign.has(name)) return await backend.keepForeignLogs(name)
    for (const file of await backend.foreignLogNames(name))
      health.tell(keptForeign(name, file), `${name}/${file}`)
    if (name === unjournaled?.database)
      kept.push(...left.rows.filter(({ key }) => key[0] === unjournaled.keyspace))
    // Replaying needs room, and on a full disk there is none beside them.
    else await backend.removeLogsAside(name)
  }
  await settleAll(names.map(setAside))
  damaged.sort()
  return { damaged, unjournaled: kept }
}

function keptForeign(name: string, file: string): ForgeError {
  const message = `an earlier opening found that somebody had written into the log of ${name}, and kept it as ${file}`
  return new ForgeError('DATABASE_DAMAGED', message, {
    details: { database: name },
    hint: 'Nothing of it counts. Find out who had the files, then remove it.',
  })
}

/** Writes what is authentic at its place. Rows that were taken out are not taken out again: nobody signed for that. */
async function keepUnjournaled(database: Database, rows: readonly BatchRow[]): Promise<void> {
  const puts: SealedOperation[] = []
  for (const { key, value: sealed } of rows) {
    if (sealed === undefined) continue
    try {
      database.unseal(key, sealed)
    } catch (error) {
      if (!isForgeError(error, 'RECORD_TAMPERED')) throw error
      continue
    }
    puts.push({ type: 'put', database: database.name, key, sealed })
  }
  if (puts.length > 0) await database.apply(puts, { sync: true })
}

async function tryOpen(
  name: string,
  create: boolean,
  options: OpenDatabasesOptions,
): Promise<Database | ForgeError> {
  try {
    return new Database({
      name,
      level: await options.backend.open(name, { create }),
      keyring: options.keyring,
    })
  } catch (cause) {
    const failure = levelFailure(cause, { name, action: 'open' })
    // Any other failure says nothing about the database.
    if (failure.code !== 'DATABASE_DAMAGED') throw failure
    return failure
  }
}

/** Sets a damaged database aside: calls on it fail, the others serve. */
export function setOffline(
  name: string,
  damage: ForgeError,
  health: Health,
  offline: Map<string, ForgeError>,
): void {
  health.note(damage, name)
  // Rows that were put back are no damage that a restored file mends: whoever meets them is to hear so.
  const code = damage.code === 'STATE_MISMATCH' ? damage.code : 'DATABASE_OFFLINE'
  const message = `${name} is offline: ${damage.message}`
  offline.set(name, new ForgeError(code, message, { cause: damage, details: { database: name } }))
}

/** Waits for all, so that nothing is still opening when the first failure is thrown. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
