import { setTimeout as delay } from 'node:timers/promises'
import { constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { ForgeError, isError } from '@forgeone/common'
import { isNotFound } from '../files/node-store-files.ts'
import { IMAGE_FILE_NAME } from '../image/image-file.ts'
import { StoreLock } from '../lock/store-lock.ts'
import { readStoreFile } from '../recovery/read-store-file.ts'

/** Files of a store that its opening may replace, and marks that it looks for; all are small, or it refuses them. */
const SMALL_FILES = ['FORGE', IMAGE_FILE_NAME, 'keyring', 'keyring.copy', 'creating', 'restoring']
/** Tables are never changed; everything else of a database is. */
const TABLE = /^\d{6,}\.(?:ldb|sst)$/
const OTHER_FILE = /^(?:CURRENT|MANIFEST-\d{6,}|\d{6,}\.log(?:\.aside)?)$/

/** A directory through which a store is opened without a byte of it being written. */
export interface StoreView {
  readonly path: string
  /** Takes the view away, and nothing of the store. */
  remove(): Promise<void>
}

const LOCK_RETRY_MS = 100

/**
 * Makes a view of a store that nobody has open: its tables by symbolic links, and copies of whatever opening and recovery change.
 * So a store on a mount without writing, of another user, or on a full disk is opened by the same recovery as any.
 * @throws STORE_NOT_FOUND, STORE_LOCKED while somebody has it open, STORE_UNWRITABLE when a file may not be read, IO_FAILED
 */
export async function makeStoreView(
  path: string,
  { lockWaitMs = 0 }: { readonly lockWaitMs?: number | undefined } = {},
): Promise<StoreView> {
  const source = resolve(path)
  const file = await readStoreFile(source)
  if (file === undefined) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${path}`)
  await waitUntilClosed(source, lockWaitMs)
  const target = await mkdtemp(join(tmpdir(), 'forge-view-'))
  const remove = (): Promise<void> => rm(target, { recursive: true, force: true })
  try {
    for (const name of SMALL_FILES) await copyIfThere(source, target, name)
    await viewJournal(join(source, 'journal'), join(target, 'journal'))
    for (const name of [...file.databases, 'keys']) await viewDatabase(join(source, name), join(target, name))
    // Whoever opened it meanwhile may have changed what was copied.
    assertNotOpen(source)
    return { path: target, remove }
  } catch (error) {
    await remove()
    throw error instanceof ForgeError ? error : unreadable(error, source)
  }
}

/** As opening for writing waits. */
async function waitUntilClosed(path: string, lockWaitMs: number): Promise<void> {
  for (let leftMs = lockWaitMs; leftMs > 0 && isOpen(path); leftMs -= LOCK_RETRY_MS)
    await delay(Math.min(leftMs, LOCK_RETRY_MS))
  assertNotOpen(path)
}

function isOpen(path: string): boolean {
  const holder = StoreLock.holder(path)
  return holder !== undefined && holder.state !== 'gone'
}

function assertNotOpen(path: string): void {
  const holder = StoreLock.holder(path)
  if (holder === undefined || holder.state === 'gone') return
  throw new ForgeError('STORE_LOCKED', `the store is open in a process (pid ${holder.pid} on ${holder.host})`)
}

function unreadable(cause: unknown, path: string): unknown {
  if (!(isError(cause) && 'code' in cause)) return cause
  const code = cause.code === 'EACCES' || cause.code === 'EPERM' ? 'STORE_UNWRITABLE' : 'IO_FAILED'
  return new ForgeError(code, `the store at ${path} cannot be read: ${cause.message}`, { cause })
}

async function viewJournal(source: string, target: string): Promise<void> {
  await mkdir(target, { mode: 0o700 })
  // Opening may cut the last segment, so none is linked.
  for (const name of await namesIn(source)) await copyIfThere(source, target, name)
}

async function viewDatabase(source: string, target: string): Promise<void> {
  const names = await namesIn(source)
  if (names.length === 0) return
  await mkdir(target, { mode: 0o700 })
  for (const name of names) {
    if (TABLE.test(name)) await symlink(join(source, name), join(target, name))
    else if (OTHER_FILE.test(name)) await copyIfThere(source, target, name)
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

async function copyIfThere(source: string, target: string, name: string): Promise<void> {
  try {
    await copyFile(join(source, name), join(target, basename(name)), constants.COPYFILE_FICLONE)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
