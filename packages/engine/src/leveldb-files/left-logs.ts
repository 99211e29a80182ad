import { hash } from 'node:crypto'
import { rename, rm, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter, isForgeError } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { syncDirectory } from '@forgeone/common/files'
import { isNotFound } from '../files/node-store-files.ts'
import { liveLogs, readDatabaseDirectory, type FileFinding } from './database-directory.ts'
import { readLogRecords } from './log-records.ts'
import { readWriteBatch, type BatchRow } from './write-batch.ts'

/**
 * A log ends when its write buffer of 4 MiB is full, by the batch that fills it; a commit has 16 MiB at most, and a replay
 * writes batches of 4 MiB and a frame. What is larger no store wrote.
 */
const LOG_BYTES_MAX = 64 * 1024 * 1024
/** LevelDB neither reads nor removes a file of this name. */
const ASIDE = '.aside'
const FOREIGN = '.foreign'

/** What the logs of a database hold that is not yet in its tables. */
export interface LeftLogs {
  /** Logs with a record that is broken otherwise than by a crash, or is none of LevelDB's. */
  readonly damaged: readonly string[]
  /** In the order in which they were written, as far as they can be read. */
  readonly rows: readonly BatchRow[]
}

/** SHA-256 over the live logs in the order of their names, each `lp`: what a clean close left, as a rule nothing. */
export async function logsDigest(path: string): Promise<Uint8Array> {
  const writer = new ByteWriter()
  for (const { bytes } of await readLogs(path))
    if (bytes === undefined || bytes.length > 0) writer.prefixed(bytes ?? Uint8Array.of(0))
  return new Uint8Array(hash('sha256', writer.view(), 'buffer'))
}

/**
 * Takes the logs out of LevelDB's sight, and reads them: what they hold is in the journal too. LevelDB trusts whatever lies
 * there: it skips what is broken, applies what somebody else wrote, and aborts the process on a foreign batch.
 */
export async function setLogsAside(path: string): Promise<LeftLogs> {
  const damaged: string[] = []
  const rows: BatchRow[] = []
  // An empty one says nothing, and the usual store has one.
  const logs = (await readLogs(path)).filter(({ bytes }) => bytes?.length !== 0)
  for (const { name, bytes } of logs) {
    if (!name.endsWith(ASIDE)) await rename(join(path, name), join(path, `${name}${ASIDE}`))
    const read = bytes === undefined ? undefined : readBatches(bytes)
    if (read === undefined || !read.whole) damaged.push(name)
    rows.push(...(read?.rows ?? []))
  }
  if (logs.length > 0) await syncDirectory(path)
  return { damaged, rows }
}

/** Removes what was set aside, once whatever of it counts is written elsewhere. */
export async function removeLogsAside(path: string): Promise<void> {
  for (const name of await asideLogs(path)) await rm(join(path, name), { recursive: true })
}

/** The same for logs that somebody else wrote: they stay, under names that nothing reads, for whoever looks into it. */
export async function keepForeignLogs(path: string): Promise<void> {
  for (const name of await asideLogs(path)) {
    const kept = `${name.slice(0, -ASIDE.length)}${FOREIGN}`
    await rm(join(path, kept), { recursive: true, force: true })
    await rename(join(path, name), join(path, kept))
  }
  await syncDirectory(path)
}

/** Logs that were kept, of all that a directory holds. */
export async function foreignLogNames(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => name.endsWith(`.log${FOREIGN}`))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

async function asideLogs(path: string): Promise<readonly string[]> {
  return (await readdir(path)).filter((name) => name.endsWith(`.log${ASIDE}`))
}

/** Names of the live logs that hold anything. */
export async function filledLogs(path: string): Promise<readonly string[]> {
  const directory = await readDatabaseDirectory(path)
  if ('problem' in directory) return []
  const names = await liveLogs(path, directory.manifest)
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))))
  return names.filter((_, at) => sizes[at]! > 0)
}

/**
 * Finds what LevelDB must not meet in logs that it is to replay itself.
 * @returns the first log that is no log of LevelDB's, or one that breaks otherwise than by a crash
 */
export async function checkLogs(path: string): Promise<FileFinding | undefined> {
  for (const { name, bytes } of await readLogs(path)) {
    if (bytes === undefined) return { file: name, problem: 'it is no log of LevelDB' }
    if (!readBatches(bytes).whole) return { file: name, problem: 'a record is broken' }
  }
  return undefined
}

function readBatches(bytes: Uint8Array): { readonly rows: readonly BatchRow[]; readonly whole: boolean } {
  const { records, brokenOffset, torn } = readLogRecords(bytes)
  const rows: BatchRow[] = []
  for (const record of records) {
    const batch = readWriteBatch(record)
    if (batch === undefined) return { rows, whole: false }
    rows.push(...batch)
  }
  return { rows, whole: brokenOffset === undefined || torn }
}

/** Bytes are undefined for what is no regular file, or none of this size. */
async function readLogs(
  path: string,
): Promise<readonly { readonly name: string; readonly bytes: Uint8Array | undefined }[]> {
  const directory = await readDatabaseDirectory(path)
  if ('problem' in directory) return []
  const aside = (await readdir(path)).filter((name) => name.endsWith(`.log${ASIDE}`))
  const names = [...aside, ...(await liveLogs(path, directory.manifest))].sort()
  const logs = []
  for (const name of names) {
    logs.push({ name, bytes: await readLog(join(path, name)) })
  }
  return logs
}

async function readLog(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readSmallFile(path, { bytesMax: LOG_BYTES_MAX })
  } catch (error) {
    // What the operating system refuses says nothing about the file.
    if (!isForgeError(error)) throw error
    return undefined
  }
}

/** Zero for one that LevelDB has removed meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isNotFound(error)) return 0
    throw error
  }
}
