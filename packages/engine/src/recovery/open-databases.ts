import { ForgeError, isForgeError } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import type { Backend } from '../database/backend.ts'
import { Database } from '../database/database.ts'
import { ioFailure } from '../files/io-failure.ts'
import type { FlushPoint } from '../format/flush-point.ts'
import type { Health } from '../health/health.ts'

export interface OpenedDatabases {
  readonly online: Map<string, Database>
  /** Set aside because they are damaged: name to the error that calls on them get. */
  readonly offline: Map<string, ForgeError>
  /** Logs of LevelDB with a broken record, as `database/file`. */
  readonly damagedLogs: readonly string[]
}

export interface OpenDatabasesOptions {
  readonly existing: readonly string[]
  readonly added: readonly string[]
  readonly backend: Backend
  readonly keyring: Keyring
  readonly flushPoint: FlushPoint | undefined
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
  const logs = options.flushPoint?.closed === true ? [] : await findDamagedLogs(sound, options.backend)
  await options.beforeOpening()
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
  // Maps keep the order of insertion, and opening finishes in any order: restore the order of the names.
  const names = [...options.existing, ...options.added]
  const sorted = names.flatMap((name) => (online.has(name) ? [[name, online.get(name)!] as const] : []))
  return { online: new Map(sorted), offline, damagedLogs: logs }
}

async function findDamage(name: string, options: OpenDatabasesOptions): Promise<ForgeError | undefined> {
  const { flushPoint } = options
  const expected = flushPoint?.databases.find((state) => state.name === name)
  try {
    const [finding] = await options.backend.check(name, expected, flushPoint?.closed ?? false)
    if (finding === undefined) return undefined
    return new ForgeError('DATABASE_DAMAGED', `${name}/${finding.file} is damaged: ${finding.problem}`)
  } catch (cause) {
    if (!isForgeError(ioFailure(cause, 'read'))) throw cause
    return new ForgeError('DATABASE_DAMAGED', `the files of ${name} cannot be read`, { cause })
  }
}

/** LevelDB skips broken records without an error (hazard H3); replaying the journal brings them back. */
async function findDamagedLogs(names: readonly string[], backend: Backend): Promise<readonly string[]> {
  const logs = await Promise.all(
    names.map(async (name) => (await backend.damagedLogs(name)).map((file) => `${name}/${file}`)),
  )
  return logs.flat()
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
    if (isLockedByAnother(cause))
      throw new ForgeError('STORE_LOCKED', `another process holds the database ${name}`, { cause })
    if (isOutOfSpace(cause)) {
      // Nothing is damaged: replaying needs room, and the journal still holds what the database lacks.
      throw new ForgeError('STORAGE_FULL', `the disk has no room to open ${name}`, {
        cause,
        hint: 'Free space on the disk, then open the store again; nothing acknowledged is lost.',
      })
    }
    return new ForgeError('DATABASE_DAMAGED', `LevelDB cannot open ${name}`, { cause })
  }
}

/** A stopped owner still holds LevelDB's kernel locks after its own lock was taken over. */
function isLockedByAnother(cause: unknown): boolean {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error && 'code' in inner && inner.code === 'LEVEL_LOCKED'
}

/** LevelDB reports it as any other failed write; only its text tells. */
function isOutOfSpace(cause: unknown): boolean {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error && /no space left on device|disk quota exceeded/i.test(inner.message)
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
