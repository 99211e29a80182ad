import { ForgeError, isForgeError } from '@forgeone/common'
import { Observation } from '../commit/observation.ts'
import type { LocalStoreParts, ResolvedOptions } from '../parts/local-store-parts.ts'
import { setOffline } from './open-databases.ts'

/** An observer whose rows are damaged goes offline like any database; the journal keeps what it has not seen. */
export async function beginObservation(
  { options, health, backend }: ResolvedOptions,
  opened: Pick<LocalStoreParts, 'file' | 'keyring' | 'online' | 'offline'>,
  firstSequence: number,
): Promise<Observation | undefined> {
  const { file, keyring, online, offline } = opened
  const source = options.observer
  const database = source && online.get(source.database)
  if (source === undefined || database === undefined) return undefined
  const { storeId, generation } = file
  const observer = await source.create({ storeId, generation, keyring })
  const { notesKeyspace } = source
  const flush = (): Promise<void> => backend.flush(database.name, database.level)
  try {
    return await Observation.begin({ observer, database, firstSequence, notesKeyspace, flush })
  } catch (cause) {
    if (!isForgeError(cause)) throw cause
    online.delete(database.name)
    await database.close()
    const damage = new ForgeError(
      'DATABASE_DAMAGED',
      `${database.name} cannot be continued: ${cause.message}`,
      {
        cause,
      },
    )
    setOffline(database.name, damage, health, offline)
    return undefined
  }
}
