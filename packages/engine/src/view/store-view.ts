import { setTimeout as delay } from 'node:timers/promises'
import { constants } from 'node:fs'
import { copyFile, link, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { asBuffer, ForgeError, isError, isForgeError, systemCode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { FLUSH_POINT_NAME } from '../commit/flush-controller.ts'
import { ioFailure } from '../files/io-failure.ts'
import { isNotFound } from '../files/node-store-files.ts'
import { SEGMENT_FILE_BYTES_MAX, SEGMENT_NAME_PATTERN } from '../format/segment-header.ts'
import { STORE_FILE_NAME } from '../format/store-file.ts'
import { IMAGE_FILE_NAME } from '../files/image-file.ts'
import { StoreLock } from '../lock/store-lock.ts'
import { readStoreFile } from '../recovery/read-store-file.ts'
import { markView, removeLeftViews, VIEW_PREFIX } from './left-views.ts'

/** Files that opening may replace. The keyring is the largest: 4 MiB. */
const SMALL_FILES = [STORE_FILE_NAME, IMAGE_FILE_NAME, 'keyring', 'keyring.copy', FLUSH_POINT_NAME]
const SMALL_BYTES_MAX = 8 * 1024 * 1024
/** Files whose being there says all. */
const MARKS = ['creating', 'restoring']
/** Tables are never changed; everything else of a database is. */
const TABLE = /^\d{6,}\.(?:ldb|sst)$/
const OTHER_FILE = /^(?:CURRENT|MANIFEST-\d{6,}|\d{6,}\.log(?:\.aside)?)$/
/** Above any MANIFEST or log that is read. */
const OTHER_BYTES_MAX = 256 * 1024 * 1024
/** Somebody may open and close the store while it is looked at; more often than this he is at work. */
const ATTEMPTS_MAX = 3

/** A directory through which a store is opened without a byte of it being written. */
export interface StoreView {
  readonly path: string
  /** Whether somebody has opened the store since: what is read through the view may be gone by now. */
  isStale(): Promise<boolean>
  /** Takes the view away, and nothing of the store. */
  remove(): Promise<void>
}

const LOCK_RETRY_MS = 100

/**
 * Makes a view of a store that nobody has open: its tables by links, and copies of whatever opening and recovery change. So a store
 * on a mount without writing, of another user, or on a full disk is opened by the same recovery as any.
 * @throws STORE_NOT_FOUND, STORE_LOCKED while somebody has it open, STORE_UNWRITABLE when a file may not be read, STORAGE_FULL and
 *   IO_FAILED of the directory for temporary files too
 */
export async function makeStoreView(
  path: string,
  { lockWaitMs = 0 }: { readonly lockWaitMs?: number | undefined } = {},
): Promise<StoreView> {
  const source = resolve(path)
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const file = await readStoreFile(source)
    if (file === undefined) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${path}`)
    await waitUntilClosed(source, lockWaitMs)
    const databases = [...file.databases, 'keys']
    const before = await openingsOf(source, databases)
    const view = await viewOf(source, databases)
    const isStale = async (): Promise<boolean> =>
      StoreLock.isHeld(source) || (await openingsOf(source, databases)) !== before
    if (!(await isStale())) return { path: view, isStale, remove: () => removeDirectory(view) }
    await removeDirectory(view)
    assertNotOpen(source)
  }
  throw new ForgeError('STORE_LOCKED', `the store at ${path} is opened by others again and again`)
}

/** As opening for writing waits. */
async function waitUntilClosed(path: string, lockWaitMs: number): Promise<void> {
  for (let leftMs = lockWaitMs; leftMs > 0 && StoreLock.isHeld(path); leftMs -= LOCK_RETRY_MS)
    await delay(Math.min(leftMs, LOCK_RETRY_MS))
  assertNotOpen(path)
}

function assertNotOpen(path: string): void {
  if (!StoreLock.isHeld(path)) return
  const holder = StoreLock.holder(path)
  throw new ForgeError(
    'STORE_LOCKED',
    `the store is open in a process (pid ${holder?.pid ?? '?'} on ${holder?.host ?? '?'})`,
  )
}

/** Every opening gives each database another MANIFEST, and a flush point of its own. */
async function openingsOf(source: string, databases: readonly string[]): Promise<string> {
  const files = [FLUSH_POINT_NAME, ...databases.map((name) => join(name, 'CURRENT'))]
  const contents = await Promise.all(files.map((name) => readOrNothing(join(source, name))))
  return contents.map((bytes) => asBuffer(bytes ?? new Uint8Array(0)).toString('base64')).join(' ')
}

async function viewOf(source: string, databases: readonly string[]): Promise<string> {
  let target: string
  try {
    await removeLeftViews(tmpdir())
    target = await mkdtemp(join(tmpdir(), VIEW_PREFIX))
    await markView(target)
  } catch (cause) {
    throw temporaryFailure(cause)
  }
  try {
    await mkdir(join(target, 'journal'), { mode: 0o700 })
    for (const name of SMALL_FILES) await copySmall(source, target, name)
    for (const name of MARKS) if (await isThere(join(source, name))) await writeFile(join(target, name), '')
    await viewJournal(join(source, 'journal'), join(target, 'journal'))
    for (const name of databases) await viewDatabase(join(source, name), join(target, name))
    return target
  } catch (error) {
    await removeDirectory(target)
    throw viewFailure(error, source)
  }
}

/** What lies in its place and is no file of ours is not there, as for any opening: it is told, or the other copy serves. */
async function copySmall(source: string, target: string, name: string): Promise<void> {
  const bytes = await readOrNothing(join(source, name))
  if (bytes !== undefined) await writeFile(join(target, name), bytes, { mode: 0o600 })
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readSmallFile(path, { bytesMax: SMALL_BYTES_MAX })
  } catch (error) {
    if (isForgeError(error, 'IO_FAILED') || isNotFound(error) || isNoDirectory(error)) return undefined
    throw error
  }
}

async function viewJournal(source: string, target: string): Promise<void> {
  // Opening may cut the last segment, so none is linked.
  for (const { name, bytes } of await filesIn(source))
    if (SEGMENT_NAME_PATTERN.test(name) && bytes <= SEGMENT_FILE_BYTES_MAX) await copy(source, target, name)
}

async function viewDatabase(source: string, target: string): Promise<void> {
  const files = await filesIn(source)
  if (files.length === 0) return
  await mkdir(target, { mode: 0o700 })
  for (const { name, bytes } of files) {
    if (TABLE.test(name)) await linkTable(join(source, name), join(target, name))
    else if (OTHER_FILE.test(name) && bytes <= OTHER_BYTES_MAX) await copy(source, target, name)
  }
}

/** A hard link, where there may be one, outlives what others do with the store. */
async function linkTable(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (isNotFound(error)) return
    await symlink(from, to)
  }
}

/** Regular files with their sizes; whatever else lies there is looked at by nobody. */
async function filesIn(
  directory: string,
): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
  const files: { name: string; bytes: number }[] = []
  for (const name of await namesIn(directory)) {
    const stats = await lstat(join(directory, name)).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (stats?.isFile() === true) files.push({ name, bytes: stats.size })
  }
  return files
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isNotFound(error) || isNoDirectory(error)) return []
    throw error
  }
}

async function copy(source: string, target: string, name: string): Promise<void> {
  try {
    await copyFile(join(source, name), join(target, name), constants.COPYFILE_FICLONE)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

function isNoDirectory(error: unknown): boolean {
  return systemCode(error) === 'ENOTDIR'
}

function viewFailure(cause: unknown, source: string): unknown {
  const code = systemCode(cause)
  if (code === undefined || isForgeError(cause)) return cause
  if (code === 'EACCES' || code === 'EPERM')
    return new ForgeError(
      'STORE_UNWRITABLE',
      `this user may not read the store at ${source}: ${isError(cause) ? cause.message : code}`,
      {
        cause,
        hint: 'Give this user permission to read the files of the store.',
      },
    )
  return temporaryFailure(cause)
}

function temporaryFailure(cause: unknown): unknown {
  const failure = ioFailure(cause, `make a view of the store in ${tmpdir()}`)
  if (!(failure instanceof ForgeError)) return failure
  return new ForgeError(failure.code, failure.message, {
    cause,
    hint: 'A store that is only read needs a directory for temporary files with some room: name one by TMPDIR.',
  })
}
