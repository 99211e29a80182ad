import { compareBytes, equalBytes, ForgeError, isForgeError } from '@forgeone/common'
import type { Observation } from '../commit/observation.ts'
import type { Backend } from '../database/backend.ts'
import type { Database } from '../database/database.ts'
import type { Health } from '../health/health.ts'
import type { ExpectedState } from '../state/expected-state.ts'
import { isWhole, stateRoot, type ScopedRoot } from '../state/state-root.ts'
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
    readonly observation: Observation | undefined
    /** A flush point was taken: until the first one the observer's sizes are in no table, and all commits in the journal. */
    readonly flushed: boolean
    /** Its tables may be older than its journal, which does not carry notes: one that is told of may be lacking. */
    readonly isImage: boolean
  },
): Promise<{ readonly found: readonly ScopedRoot[]; readonly accepted: readonly string[] }> {
  const { backend, online, offline, health, accept } = o
  const found: ScopedRoot[] = []
  const accepted: string[] = []
  const mismatching = new Set<string>()
  const compare = async (scope: ScopedRoot): Promise<void> => {
    const database = online.get(scope.database)
    if (database === undefined) return
    try {
      // LevelDB may crash on blocks whose checksum fails, so it is not asked to read them. Of a database that is watched in
      // parts, which may be large, the owner reads the same rows on opening anyway.
      const { findings } = isWhole(scope) ? await backend.scrub(database.name) : { findings: [] }
      if (findings.length > 0) throw damaged(database.name, findings[0]!)
      if (equalBytes(await stateRoot(database, scope), scope.root)) found.push(scope)
      else mismatching.add(database.name)
    } catch (error) {
      // What can be read still serves; whether it is all there nobody can say.
      if (!isForgeError(error)) throw error
      health.note(error, database.name)
    }
  }
  await Promise.all(expected.scopes.map(compare))
  if (await observerIsBehind(expected, o)) mismatching.add(expected.observer!.database)
  for (const name of mismatching) {
    if (accept) {
      accepted.push(name)
      continue
    }
    const database = online.get(name)!
    online.delete(name)
    await database.close()
    setOffline(name, mismatch(name), health, offline)
  }
  return { found, accepted }
}

/** It may have come further than it was described, and never less far. */
async function observerIsBehind(
  { observer }: ExpectedState,
  {
    observation,
    flushed,
    isImage,
  }: Pick<Parameters<typeof checkState>[1], 'observation' | 'flushed' | 'isImage'>,
): Promise<boolean> {
  if (observer === undefined || observation?.database.name !== observer.database) return false
  if (flushed && !observation.continued && observer.size > 0) return true
  return !isImage && compareBytes(await observation.lastNote(), observer.lastNote) < 0
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
