import { ForgeError } from '@forgeone/common'
import { openKeyring, type Keyring } from '@forgeone/crypto'
import { FLUSH_POINT_NAME } from '../commit/flush-controller.ts'
import type { Observation } from '../commit/observation.ts'
import { readImageFile } from '../files/image-file.ts'
import type { FlushPoint } from '../format/flush-point.ts'
import { decodeStoreFile, type StoreFile } from '../format/store-file.ts'
import { readJournal, type JournalEnd, type JournalRecord } from '../journal/journal-reader.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import type { StoreLock } from '../lock/store-lock.ts'
import type { LocalStoreOptions } from '../parts/local-store-options.ts'
import type { LocalStoreParts, RecoveryOutcome, ResolvedOptions } from '../parts/local-store-parts.ts'
import { ExpectedState } from '../state/expected-state.ts'
import { beginObservation } from './begin-observation.ts'
import { checkState } from './check-state.ts'
import { noteFlushPoint, readFlushPoint, reopenFlushPoint } from './flush-point-file.ts'
import { openDatabases, type OpenedDatabases, type UnjournaledRows } from './open-databases.ts'
import { Opening } from './opening.ts'
import { storeFileBytes } from './read-store-file.ts'
import { Replay } from './replay.ts'
import { verifyStoreFile, writeStoreFile } from './store-file-mac.ts'

/** Opens the files of a store, and replays what a crash left in the journal. */
export async function openExisting(
  resolved: ResolvedOptions,
  lock: StoreLock | undefined,
): Promise<LocalStoreParts> {
  const { options, files, health, clock, random } = resolved
  const decoded = decodeStoreFile((await storeFileBytes(files))!)
  const { provider, allowedSuites } = options
  const { storeId } = decoded.file
  const keyring = await openKeyring({ file: files.keyring, provider, allowedSuites, storeId, clock, random })
  const opening = new Opening(keyring)
  return await opening.finish(async () => {
    const lasting = verifyStoreFile(decoded.verify, keyring)
    for (const name of keyring.damagedCopies)
      health.note(new ForgeError('KEYRING_DAMAGED', `${name} was damaged and repaired from its copy`), name)
    const flushPoint = await readFlushPoint(resolved, keyring)
    const { file, databases } = await openFiles(resolved, {
      decoded: decoded.file,
      keyring,
      flushPoint,
      opening,
      lasting,
    })
    const opened = { ...databases, file, keyring }
    const replayed = await replayJournal(resolved, { ...opened, flushPoint })
    const { end, replay, observation, expected } = replayed
    noteJournalEnd(resolved, end)
    const wasTaken = wasFlushPointTaken(end)
    const isDamaged = health.isNoted(FLUSH_POINT_NAME)
    if (flushPoint === undefined && wasTaken && !isDamaged) noteFlushPoint(health, 'is missing')
    const { online, offline, damagedLogs } = databases
    const state = await checkState(expected, {
      backend: resolved.backend,
      online,
      offline,
      health,
      accept: options.acceptState ?? false,
      observation,
      isImage: await isImage(options),
      flushed: flushPoint !== undefined || wasTaken,
    })
    // Only now: an opening that is refused leaves everything as it lay. What a full disk keeps here is no loss.
    if (isDamaged) await files.keepDamaged(FLUSH_POINT_NAME).catch(() => undefined)
    if (damagedLogs.length > 0) resolved.metrics.add('leveldb_logs_damaged_total', damagedLogs.length)
    const recovery: RecoveryOutcome = {
      ...recovered(flushPoint, end),
      commitsReplayed: replay.commits,
      damagedLogs,
      acceptedStates: state.accepted,
    }
    const journal = new JournalWriter({ files, keyring, storeId, end, holdFrom: options.holdJournalFrom })
    const lastTime = Math.max(replay.lastTime, flushPoint?.time ?? 0)
    const isObserved = observation !== undefined && online.has(observation.database.name)
    const parts = { lock, keyring, journal, file, online, offline, recovery, lastTime }
    return {
      ...resolved,
      ...parts,
      observation: isObserved ? observation : undefined,
      foundState: state.found,
    }
  })
}

function recovered(
  flushPoint: FlushPoint | undefined,
  end: JournalEnd,
): Pick<RecoveryOutcome, 'created' | 'cleanClose' | 'tornTail' | 'flushPointLost'> {
  return {
    created: false,
    cleanClose: flushPoint?.closed === true && flushPoint.sequence === end.nextSequence - 1,
    tornTail: end.torn,
    flushPointLost: flushPoint === undefined,
  }
}

async function isImage({ path }: LocalStoreOptions): Promise<boolean> {
  return path !== undefined && (await readImageFile(path)) !== undefined
}

/** Commits leave the journal behind a flush point only. */
function wasFlushPointTaken({ segments }: JournalEnd): boolean {
  return (segments[0]?.firstSequence ?? 0) > 0
}

/** Opens the databases, those too that this opening adds to the store. */
async function openFiles(
  resolved: ResolvedOptions,
  known: {
    readonly decoded: StoreFile
    readonly keyring: Keyring
    readonly flushPoint: FlushPoint | undefined
    readonly opening: Opening
    /** Whether the store file bears the MAC that outlives a master key. */
    readonly lasting: boolean
  },
): Promise<{ readonly file: StoreFile; readonly databases: OpenedDatabases }> {
  const { decoded, keyring, flushPoint, opening, lasting } = known
  const { options, files, backend, health } = resolved
  const existing = decoded.databases
  const added = options.databases.filter((name) => !existing.includes(name))
  if (added.length > 0) await keyring.ensureScopes(added)
  const databases = opening.keep(
    await openDatabases({
      existing,
      added,
      backend,
      keyring,
      flushPoint,
      unjournaled: unjournaledRows(options),
      health,
      // From here on the files change: without this mark a crash would look like the clean close before it.
      beforeOpening: async () => {
        if (flushPoint?.closed) await reopenFlushPoint(resolved, keyring, flushPoint)
      },
    }),
  )
  const file: StoreFile = { ...decoded, databases: [...existing, ...added] }
  if (added.length > 0 || !lasting) await writeStoreFile({ files, keyring }, file)
  return { file, databases }
}

/** Brings the databases, and the observer, to the last commit of the journal. */
async function replayJournal(
  resolved: ResolvedOptions,
  opened: Pick<LocalStoreParts, 'file' | 'keyring' | 'online' | 'offline'> & {
    readonly flushPoint: FlushPoint | undefined
  },
): Promise<{
  readonly end: JournalEnd
  readonly replay: Replay
  readonly observation: Observation | undefined
  readonly expected: ExpectedState
}> {
  const { file, keyring, online, flushPoint } = opened
  const observe = (first: number): Promise<Observation | undefined> =>
    beginObservation(resolved, opened, first)
  const replay = new Replay({ databases: online, flushedSequence: flushPoint?.sequence ?? -1, observe })
  const expected = new ExpectedState()
  const onRecords = (records: readonly JournalRecord[]): Promise<void> => {
    expected.add(records)
    return replay.add(records)
  }
  const { files } = resolved
  const { storeId } = file
  const end = await readJournal({ files, keyring, storeId, flushPoint, repair: true, onRecords })
  return { end, replay, observation: await replay.finish(end.nextSequence), expected }
}

function noteJournalEnd({ health }: ResolvedOptions, { torn }: JournalEnd): void {
  if (torn === undefined) return
  const at = `byte ${torn.offset} of ${torn.name}`
  const message = `the end of the journal from ${at} on was torn, or changed, and was cut`
  health.tell(new ForgeError('JOURNAL_TAIL_TORN', message), 'journal')
}

function unjournaledRows({ observer }: LocalStoreOptions): UnjournaledRows | undefined {
  if (observer?.notesKeyspace === undefined) return undefined
  return { database: observer.database, keyspace: observer.notesKeyspace }
}
