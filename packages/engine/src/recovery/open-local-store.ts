import { resolve as resolvePath } from 'node:path'
import {
  ByteWriter,
  ForgeError,
  isForgeError,
  isolatedLogger,
  Metrics,
  systemClock,
  systemRandom,
  toHex,
  type Logger,
} from '@forgeone/common'
import { checkSuiteAllowed, createKeyring, openKeyring, type Keyring } from '@forgeone/crypto'
import { FLUSH_POINT_NAME } from '../commit/flush-controller.ts'
import { Observation } from '../commit/observation.ts'
import { ClassicBackend } from '../database/classic-backend.ts'
import { ioFailure } from '../files/io-failure.ts'
import { nearestExisting, keepOwnersBelow } from '@forgeone/common/files'
import { NodeStoreFiles } from '../files/node-store-files.ts'
import { writeCommitRecord } from '../format/commit-record.ts'
import { NO_DIGEST } from '../format/frame.ts'
import {
  decodeStoreFile,
  encodeStoreFile,
  STORE_FILE_NAME,
  type Mac,
  type StoreFile,
} from '../format/store-file.ts'
import { Health } from '../health/health.ts'
import { readJournal, type JournalRecord } from '../journal/journal-reader.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import { readImageFile } from '../files/image-file.ts'
import { acquireLock } from '../lock/acquire-lock.ts'
import type { StoreLock } from '../lock/store-lock.ts'
import { ExpectedState } from '../state/expected-state.ts'
import type { LocalStoreOptions } from '../parts/local-store-options.ts'
import type { LocalStoreParts, RecoveryOutcome, ResolvedOptions } from '../parts/local-store-parts.ts'
import { assertUsableDatabases } from './assert-usable-databases.ts'
import { checkState } from './check-state.ts'
import {
  abandonCreation,
  beginCreation,
  endCreation,
  inspectDirectory,
  removeMadeDirectories,
} from './creation.ts'
import { openDatabases, setOffline, type UnjournaledRows } from './open-databases.ts'
import { noteFlushPoint, readFlushPoint, reopenFlushPoint } from './flush-point-file.ts'
import { storeFileBytes } from './read-store-file.ts'
import { Opening } from './opening.ts'
import { Replay } from './replay.ts'
import { assertLocalFilesystem } from './unsafe-filesystem.ts'

const STORE_MAC_LABEL = 'FORGE'
const DATABASE_NAME_PATTERN = /^[a-z][a-z0-9_]{0,63}$/
/** Scopes of the keyring, and directories beside the databases: no database may bear such a name. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['journal', 'index', 'keyring', 'keys'])

async function lockAndOpen(options: LocalStoreOptions): Promise<LocalStoreParts> {
  const resolved = resolveOptions(options)
  const { path } = options
  const mayCreate = options.create !== 'never'
  if (path === undefined) return await openLocked(resolved, undefined)
  const existing = nearestExisting(resolvePath(path))
  if (options.allowUnsafeFilesystem !== true) assertLocalFilesystem(existing)
  try {
    await inspectDirectory(path, { mayCreate })
    const lock = await acquireLock(path, resolved, options.lockWaitMs)
    // What an earlier root left, killed in the middle of something.
    keepOwnersBelow(path, 1)
    try {
      await assertUsableDatabases(path, options.databases)
      return await openLocked(resolved, lock)
    } catch (error) {
      lock.release()
      throw error
    }
  } catch (error) {
    // A refusal leaves nothing behind.
    await removeMadeDirectories(path, existing)
    throw error
  }
}

async function openLocked(resolved: ResolvedOptions, lock: StoreLock | undefined): Promise<LocalStoreParts> {
  const { options } = resolved
  const { path } = options
  const mayCreate = options.create !== 'never'
  const content =
    path === undefined ? await memoryContent(resolved) : await inspectDirectory(path, { mayCreate })
  if (content === 'store') {
    if (options.create === 'always')
      throw new ForgeError('STORE_EXISTS', `there is already a store at ${path ?? 'this place'}`)
    // A crash between the last file of a creation and the end of its mark leaves both.
    if (path !== undefined) await endCreation(path)
    return await openExisting(resolved, lock)
  }
  if (!mayCreate)
    throw new ForgeError('STORE_NOT_FOUND', `the store at ${path ?? 'this place'} was never finished`)
  try {
    return await createStore(resolved, lock)
  } catch (error) {
    if (path !== undefined) await takeBack(path, resolved, lock)
    throw error
  }
}

/** What cannot be removed now is known for unfinished, and the next creation removes it. */
async function takeBack(
  path: string,
  { files }: ResolvedOptions,
  lock: StoreLock | undefined,
): Promise<void> {
  try {
    // Of another process, it may be a store by now.
    lock?.assertOwned()
    await abandonCreation(path, files)
  } catch (error) {
    if (!isForgeError(ioFailure(error, 'take back what was made'))) throw error
  }
}

/** Opens or creates a store: locks it, checks its files, replays what a crash left. */
export async function openParts(options: LocalStoreOptions): Promise<LocalStoreParts> {
  try {
    return await lockAndOpen(options)
  } catch (cause) {
    throw ioFailure(cause, 'open the store')
  }
}

function resolveOptions(options: LocalStoreOptions): ResolvedOptions {
  const { path } = options
  const files = options.files ?? (path === undefined ? undefined : new NodeStoreFiles(path))
  const backend = options.backend ?? (path === undefined ? undefined : new ClassicBackend(path))
  if (files === undefined || backend === undefined) {
    throw new ForgeError('STORE_OPTION_INVALID', 'a store needs a path, or both files and a backend')
  }
  for (const name of options.databases) {
    if (!DATABASE_NAME_PATTERN.test(name) || RESERVED_NAMES.has(name)) {
      throw new ForgeError('STORE_OPTION_INVALID', `"${name}" cannot name a database`)
    }
  }
  const logger: Logger = isolatedLogger(options.logger)
  const metrics = options.metrics ?? new Metrics()
  const health = new Health({ logger, metrics })
  return {
    options,
    files,
    backend,
    health,
    logger,
    metrics,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  }
}

async function memoryContent(resolved: ResolvedOptions): Promise<'store' | 'empty'> {
  return (await resolved.files.read(STORE_FILE_NAME)) === undefined ? 'empty' : 'store'
}

async function createStore(resolved: ResolvedOptions, lock: StoreLock | undefined): Promise<LocalStoreParts> {
  const { options, files, backend, health, clock, random } = resolved
  const { suite = 'aes-256-gcm', allowedSuites } = options
  // Before the first file: a refusal leaves nothing behind.
  checkSuiteAllowed({ suite, allowed: allowedSuites, what: 'a new store' })
  if (options.path !== undefined) await beginCreation(options.path, files)
  const storeId = random.bytes(16)
  const scopes = ['journal', ...options.databases]
  const provider = options.provider
  const keyring = await createKeyring({
    file: files.keyring,
    provider,
    storeId,
    suite,
    allowedSuites,
    scopes,
    clock,
    random,
  })
  const opening = new Opening(keyring)
  return await opening.finish(async () => {
    const added = options.databases
    const { online } = opening.keep(
      await openDatabases({
        existing: [],
        added,
        backend,
        keyring,
        flushPoint: undefined,
        unjournaled: undefined,
        health,
        beforeOpening: () => Promise.resolve(),
      }),
    )
    const end = {
      nextSequence: 0,
      previousDigest: NO_DIGEST,
      segments: [],
      nextSegment: 1,
      endOffset: 0,
      frames: 0,
      torn: undefined,
    }
    const journal = new JournalWriter({ files, keyring, storeId, end, holdFrom: options.holdJournalFrom })
    const time = clock.now()
    const created = new ByteWriter()
    const facts = {
      actor: 'system',
      action: 'store.created',
      resourceClass: 'store',
      context: `{"suite":"${suite}"}`,
    }
    const record = { time, facts, operations: [], nonce: random.bytes(16) }
    writeCommitRecord(created, record)
    await journal.append([created.finish()], { sync: true, preallocate: false })
    const generation = toHex(random.bytes(8))
    const file: StoreFile = { storeId, generation, created: time, suite, databases: options.databases }
    await writeStoreFile({ files, keyring }, file)
    if (options.path !== undefined) await endCreation(options.path)
    const observation = await beginObservation(resolved, { file, keyring, online, offline: new Map() }, 0)
    await observation?.database.apply(observation.observe([{ ...record, sequence: 0 }]))
    const recovery = {
      created: true,
      cleanClose: true,
      commitsReplayed: 0,
      tornTail: undefined,
      flushPointLost: false,
      damagedLogs: [],
      acceptedStates: [],
    }
    const parts = { lock, keyring, journal, file, online, offline: new Map(), observation }
    return { ...resolved, ...parts, recovery, lastTime: time, foundState: [] }
  })
}

async function openExisting(
  resolved: ResolvedOptions,
  lock: StoreLock | undefined,
): Promise<LocalStoreParts> {
  const { options, files, backend, health, clock, random } = resolved
  const decoded = decodeStoreFile((await storeFileBytes(files))!)
  const { storeId } = decoded.file
  const keyring = await openKeyring({
    file: files.keyring,
    provider: options.provider,
    allowedSuites: options.allowedSuites,
    storeId,
    clock,
    random,
  })
  const opening = new Opening(keyring)
  return await opening.finish(async () => {
    const lasting = verifyStoreFile(decoded.verify, keyring)
    for (const name of keyring.damagedCopies) {
      health.note(new ForgeError('KEYRING_DAMAGED', `${name} was damaged and repaired from its copy`), name)
    }
    const existing = decoded.file.databases
    const added = options.databases.filter((name) => !existing.includes(name))
    if (added.length > 0) await keyring.ensureScopes(added)
    const flushPoint = await readFlushPoint(resolved, keyring)
    // From here on the files change: without this mark a crash would look like the clean close before it.
    const beforeOpening = async (): Promise<void> => {
      if (flushPoint?.closed) await reopenFlushPoint(resolved, keyring, flushPoint)
    }
    const { online, offline, damagedLogs } = opening.keep(
      await openDatabases({
        existing,
        added,
        backend,
        keyring,
        flushPoint,
        unjournaled: unjournaledRows(options),
        health,
        beforeOpening,
      }),
    )
    const file: StoreFile = { ...decoded.file, databases: [...existing, ...added] }
    if (added.length > 0 || !lasting) await writeStoreFile({ files, keyring }, file)
    const observe = (first: number): Promise<Observation | undefined> =>
      beginObservation(resolved, { file, keyring, online, offline }, first)
    const replay = new Replay({ databases: online, flushedSequence: flushPoint?.sequence ?? -1, observe })
    const expected = new ExpectedState()
    const onRecords = (records: readonly JournalRecord[]): Promise<void> => {
      expected.add(records)
      return replay.add(records)
    }
    const end = await readJournal({ files, keyring, storeId, flushPoint, repair: true, onRecords })
    if (end.torn !== undefined) {
      const at = `byte ${end.torn.offset} of ${end.torn.name}`
      const message = `the end of the journal from ${at} on was torn, or changed, and was cut`
      health.tell(new ForgeError('JOURNAL_TAIL_TORN', message), 'journal')
    }
    // Commits leave the journal behind a flush point only.
    const wasTaken = (end.segments[0]?.firstSequence ?? 0) > 0
    const isDamaged = health.isNoted(FLUSH_POINT_NAME)
    if (flushPoint === undefined && wasTaken && !isDamaged) noteFlushPoint(health, 'is missing')
    const observation = await replay.finish(end.nextSequence)
    const accept = options.acceptState ?? false
    const state = await checkState(expected, {
      backend,
      online,
      offline,
      health,
      accept,
      observation,
      isImage: options.path !== undefined && (await readImageFile(options.path)) !== undefined,
      flushed: flushPoint !== undefined || wasTaken,
    })
    // Only now: an opening that is refused leaves everything as it lay. What a full disk keeps here is no loss.
    if (isDamaged) await files.keepDamaged(FLUSH_POINT_NAME).catch(() => undefined)
    const recovery: RecoveryOutcome = {
      created: false,
      cleanClose: flushPoint?.closed === true && flushPoint.sequence === end.nextSequence - 1,
      commitsReplayed: replay.commits,
      tornTail: end.torn,
      flushPointLost: flushPoint === undefined,
      damagedLogs,
      acceptedStates: state.accepted,
    }
    if (damagedLogs.length > 0) resolved.metrics.add('leveldb_logs_damaged_total', damagedLogs.length)
    const journal = new JournalWriter({ files, keyring, storeId, end, holdFrom: options.holdJournalFrom })
    const lastTime = Math.max(replay.lastTime, flushPoint?.time ?? 0)
    const isObserved = observation !== undefined && online.has(observation.database.name)
    const observed = isObserved ? observation : undefined
    const parts = { lock, keyring, journal, file, online, offline, observation: observed, recovery, lastTime }
    return { ...resolved, ...parts, foundState: state.found }
  })
}

function unjournaledRows({ observer }: LocalStoreOptions): UnjournaledRows | undefined {
  if (observer?.notesKeyspace === undefined) return undefined
  return { database: observer.database, keyspace: observer.notesKeyspace }
}

/** An observer whose rows are damaged goes offline like any database; the journal keeps what it has not seen. */
async function beginObservation(
  { options, health, backend }: ResolvedOptions,
  o: Pick<LocalStoreParts, 'file' | 'keyring' | 'online' | 'offline'>,
  firstSequence: number,
): Promise<Observation | undefined> {
  const { file, keyring, online, offline } = o
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

/**
 * @returns false for a file of an older version, whose MAC is that of the master key and would not outlive it
 * @throws STORE_DAMAGED
 */
function verifyStoreFile(verify: (mac: Mac) => void, keyring: Keyring): boolean {
  try {
    verify((bytes) => keyring.lastingMac(STORE_MAC_LABEL, bytes))
    return true
  } catch {
    verify((bytes) => keyring.fileMac(STORE_MAC_LABEL, bytes))
    return false
  }
}

export async function writeStoreFile(
  { files, keyring }: Pick<LocalStoreParts, 'files' | 'keyring'>,
  file: StoreFile,
): Promise<void> {
  await files.replace(
    STORE_FILE_NAME,
    encodeStoreFile(file, (bytes) => keyring.lastingMac(STORE_MAC_LABEL, bytes)),
  )
}
