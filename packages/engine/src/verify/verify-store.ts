import { isForgeError, type ErrorCode, tellProgress } from '@forgeone/common'
import { FLUSH_POINT_NAME, FLUSH_POINT_SEGMENT } from '../commit/flush-controller.ts'
import { ioFailure } from '../files/io-failure.ts'
import { decodeFlushPoint } from '../format/flush-point.ts'
import { decodeStoreFile, STORE_FILE_NAME } from '../format/store-file.ts'
import { journalSealer, readJournal } from '../journal/journal-reader.ts'
import { storeFileBytes } from '../recovery/read-store-file.ts'
import { keptFlushPoints, keptMessage } from '../recovery/flush-point-file.ts'
import type { LocalStore } from '../store/local-store.ts'

/** Beyond this many problems more of them tell nothing new. */
const PROBLEMS_MAX = 1000

export interface VerifyProblem {
  readonly code: ErrorCode
  /** Database and file or keyspace; never content. */
  readonly where: string
  readonly message: string
}

export interface VerifyReport {
  readonly ok: boolean
  /** Frames, tables and values checked, together. */
  readonly checked: number
  readonly counts: { readonly frames: number; readonly tables: number; readonly values: number }
  readonly problems: readonly VerifyProblem[]
  /** What opening found and mended: no problem of what is stored now. */
  readonly notices: readonly VerifyProblem[]
}

export interface VerifyOptions {
  readonly onProgress?:
    | ((progress: { readonly database: string; readonly values: number }) => void)
    | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Checks everything that the engine stored: files of the store, the chain of the journal, every table block, and
 * that every value is authentic at its place. Runs beside writers; changes nothing.
 * @throws what `onProgress` throws, and the reason of `signal`
 */
export async function verifyStore(store: LocalStore, options: VerifyOptions = {}): Promise<VerifyReport> {
  try {
    return await verifyAll(store, options)
  } catch (error) {
    throw error instanceof CallerFailure ? error.thrown : error
  }
}

async function verifyAll(store: LocalStore, options: VerifyOptions): Promise<VerifyReport> {
  const health = store.health()
  const problems: VerifyProblem[] = health.reasons.map(({ code, where, message }) => ({
    code,
    where,
    message,
  }))
  const add = (problem: VerifyProblem): void => {
    const known = problems.some((other) => other.code === problem.code && other.where === problem.where)
    if (!known && problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  await verifyStoreFile(store, add)
  const frames = await verifyJournal(store, add)
  let tables = 0
  let values = 0
  for (const name of store.parts.online.keys()) {
    options.signal?.throwIfAborted()
    await collect(name, add, async () => {
      const scrub = await store.parts.backend.scrub(name)
      tables += scrub.tables
      for (const { file, problem } of scrub.findings) {
        add({
          code: 'DATABASE_DAMAGED',
          where: `${name}/${file}`,
          message: `${name}/${file} is damaged: ${problem}`,
        })
      }
      // LevelDB may crash on blocks whose checksum fails, so it is not asked to read them.
      if (scrub.findings.length === 0) values += await verifyValues(store, name, add, options)
    })
  }
  return {
    ok: problems.length === 0,
    checked: frames + tables + values,
    counts: { frames, tables, values },
    problems,
    notices: [
      ...health.notices.map(({ code, where, message }) => ({ code, where, message })),
      ...(await keptNotices(store, problems)),
    ],
  }
}

type Add = (problem: VerifyProblem) => void

async function verifyStoreFile(store: LocalStore, add: Add): Promise<void> {
  const { files, keyring } = store.parts
  await collect(STORE_FILE_NAME, add, async () => {
    const bytes = await storeFileBytes(files)
    if (bytes === undefined)
      add({ code: 'STORE_DAMAGED', where: STORE_FILE_NAME, message: `${STORE_FILE_NAME} is missing` })
    else decodeStoreFile(bytes).verify((body) => keyring.lastingMac('FORGE', body))
  })
}

async function verifyJournal(store: LocalStore, add: Add): Promise<number> {
  const { files, keyring, file } = store.parts
  let frames = 0
  await collect('journal', add, () =>
    // No frame may be half written while the end of the journal is judged.
    store.exclusively(async () => {
      const bytes = await files.read(FLUSH_POINT_NAME)
      const flushPoint =
        bytes === undefined ? undefined : decodeFlushPoint(bytes, journalSealer(keyring, FLUSH_POINT_SEGMENT))
      frames = (
        await readJournal({
          files,
          keyring,
          storeId: file.storeId,
          flushPoint,
          repair: false,
          onRecords: () => Promise.resolve(),
        })
      ).frames
    }),
  )
  return frames
}

async function verifyValues(
  store: LocalStore,
  name: string,
  add: Add,
  options: VerifyOptions,
): Promise<number> {
  const database = store.parts.online.get(name)!
  let values = 0
  await collect(name, add, async () => {
    for await (const page of database.sealedPages({})) {
      stopIfAborted(options)
      for (const { key, value } of page) {
        values++
        try {
          database.unseal(key, value)
        } catch (error) {
          if (!isForgeError(error)) throw error
          const keyspace = (key[0] ?? 0).toString(16).padStart(2, '0')
          add({ code: error.code, where: `${name} keyspace ${keyspace}`, message: error.message })
        }
      }
      tell(options, { database: name, values })
    }
  })
  return values
}

/** A reason may look like a failure of ours. */
function stopIfAborted({ signal }: VerifyOptions): void {
  // oxlint-disable-next-line typescript/only-throw-error
  if (signal?.aborted === true) throw new CallerFailure(signal.reason)
}

/** What the caller's own function threw: it ends the call, and is no finding, whatever code it has. */
class CallerFailure {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    this.thrown = thrown
  }
}

function tell({ onProgress }: VerifyOptions, progress: { database: string; values: number }): void {
  try {
    tellProgress(onProgress, progress)
  } catch (thrown) {
    // oxlint-disable-next-line typescript/only-throw-error
    throw new CallerFailure(thrown)
  }
}

async function collect(where: string, add: Add, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (cause) {
    if (cause instanceof CallerFailure) throw cause
    const error = ioFailure(cause, `read ${where}`)
    if (!isForgeError(error) || error.code === 'STORE_CLOSED') throw error
    add({ code: error.code, where, message: error.message })
  }
}

/** Damage that an earlier opening mended, as long as nobody looked at what it kept. */
async function keptNotices(
  store: LocalStore,
  problems: readonly VerifyProblem[],
): Promise<readonly VerifyProblem[]> {
  if (problems.some(({ where }) => where === FLUSH_POINT_NAME)) return []
  const kept = keptFlushPoints(await store.parts.files.listJournal())
  return kept.map((name) => ({
    code: 'JOURNAL_DAMAGED',
    where: FLUSH_POINT_NAME,
    message: keptMessage(name),
  }))
}
