import { ForgeError, isForgeError } from '@forgeone/common'
import type { Backend } from '../database/backend.ts'
import type { Database } from '../database/database.ts'
import type { Health } from '../health/health.ts'
import type { ExpectedState } from '../state/expected-state.ts'
import { stateRoot, type ScopedRoot } from '../state/state-root.ts'
import { setOffline } from './open-databases.ts'

/**
 * Compares rows with what the journal says of them, and sets a database with other rows aside: a row that is authentic at
 * its place may still be an older one that somebody put back.
 *
 * @returns what was found to be as it was described, and the databases with other rows that serve by `accept`
 */
export async function checkState(
  expected: ExpectedState,
  o: {
    readonly backend: Backend
    readonly online: Map<string, Database>
    readonly offline: Map<string, ForgeError>
    readonly health: Health
    readonly accept: boolean
  },
): Promise<{ readonly found: readonly ScopedRoot[]; readonly accepted: readonly string[] }> {
  const { backend, online, offline, health, accept } = o
  const found: ScopedRoot[] = []
  const accepted: string[] = []
  for (const scope of expected.databases) {
    const database = online.get(scope.database)
    if (database === undefined) continue
    try {
      // LevelDB may crash on blocks whose checksum fails, so it is not asked to read them.
      const { findings } = await backend.scrub(database.name)
      if (findings.length > 0) throw damaged(database.name, findings[0]!)
      if ((await stateRoot(database, scope)) === scope.root) {
        found.push(scope)
        continue
      }
      if (accept) {
        accepted.push(database.name)
        continue
      }
      online.delete(database.name)
      await database.close()
      setOffline(database.name, mismatch(database.name), health, offline)
    } catch (error) {
      // What can be read still serves; whether it is all there nobody can say.
      if (!isForgeError(error)) throw error
      health.note(error, database.name)
    }
  }
  return { found, accepted }
}

function mismatch(database: string): ForgeError {
  return new ForgeError(
    'STATE_MISMATCH',
    `the rows of ${database} are not those that the journal tells of: older ones were put back, or rows are missing`,
    { details: { database } },
  )
}

function damaged(database: string, { file, problem }: { file: string; problem: string }): ForgeError {
  return new ForgeError('DATABASE_DAMAGED', `${database}/${file} is damaged: ${problem}`)
}
