import { ByteWriter, toHex } from '@forgeone/common'
import { checkSuiteAllowed, createKeyring, type Keyring, type SuiteName } from '@forgeone/crypto'
import { writeCommitRecord, type CommitRecord } from '../format/commit-record.ts'
import { NO_DIGEST } from '../format/frame.ts'
import type { StoreFile } from '../format/store-file.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import type { StoreLock } from '../lock/store-lock.ts'
import type { LocalStoreParts, RecoveryOutcome, ResolvedOptions } from '../parts/local-store-parts.ts'
import { beginObservation } from './begin-observation.ts'
import { beginCreation, endCreation } from './creation.ts'
import { openDatabases } from './open-databases.ts'
import { Opening } from './opening.ts'
import { writeStoreFile } from './store-file-mac.ts'

/** What opening a new store finds. */
const CREATED: RecoveryOutcome = {
  created: true,
  cleanClose: true,
  commitsReplayed: 0,
  tornTail: undefined,
  flushPointLost: false,
  damagedLogs: [],
  acceptedStates: [],
}

/** Makes the files of a store; what is there after a crash is known for unfinished by its mark. */
export async function createStore(
  resolved: ResolvedOptions,
  lock: StoreLock | undefined,
): Promise<LocalStoreParts> {
  const { options, files, backend, health, clock, random } = resolved
  const { suite = 'aes-256-gcm', allowedSuites, databases, provider } = options
  // Before the first file: a refusal leaves nothing behind.
  checkSuiteAllowed({ suite, allowed: allowedSuites, what: 'a new store' })
  if (options.path !== undefined) await beginCreation(options.path, files)
  const storeId = random.bytes(16)
  const scopes = ['journal', ...databases]
  const file = files.keyring
  const keyring = await createKeyring({
    file,
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
    const { online } = opening.keep(
      await openDatabases({
        existing: [],
        added: databases,
        backend,
        keyring,
        flushPoint: undefined,
        unjournaled: undefined,
        health,
        beforeOpening: () => Promise.resolve(),
      }),
    )
    const time = clock.now()
    const { journal, record } = await beginJournal(resolved, { keyring, storeId, suite, time })
    const generation = toHex(random.bytes(8))
    const stored: StoreFile = { storeId, generation, created: time, suite, databases }
    await writeStoreFile({ files, keyring }, stored)
    if (options.path !== undefined) await endCreation(options.path)
    const opened = { file: stored, keyring, online, offline: new Map() }
    const observation = await beginObservation(resolved, opened, 0)
    await observation?.database.apply(observation.observe([{ ...record, sequence: 0 }]))
    return {
      ...resolved,
      ...opened,
      lock,
      journal,
      observation,
      recovery: CREATED,
      lastTime: time,
      foundState: [],
    }
  })
}

/** The journal with the commit of the creation, durable. */
async function beginJournal(
  { files, random, options }: ResolvedOptions,
  {
    keyring,
    storeId,
    suite,
    time,
  }: {
    readonly keyring: Keyring
    readonly storeId: Uint8Array
    readonly suite: SuiteName
    readonly time: number
  },
): Promise<{ readonly journal: JournalWriter; readonly record: Omit<CommitRecord, 'sequence'> }> {
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
  const facts = {
    actor: 'system',
    action: 'store.created',
    resourceClass: 'store',
    context: `{"suite":"${suite}"}`,
  }
  const record = { time, facts, operations: [], nonce: random.bytes(16) }
  const created = new ByteWriter()
  writeCommitRecord(created, record)
  await journal.append([created.finish()], { sync: true, preallocate: false })
  return { journal, record }
}
