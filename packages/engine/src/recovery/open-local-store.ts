import { resolve as resolvePath } from 'node:path'
import { ForgeError, isForgeError } from '@forgeone/common'
import { keepOwnersBelow, nearestExisting } from '@forgeone/common/files'
import { ioFailure } from '../files/io-failure.ts'
import { STORE_FILE_NAME } from '../format/store-file.ts'
import { acquireLock } from '../lock/acquire-lock.ts'
import type { StoreLock } from '../lock/store-lock.ts'
import type { LocalStoreOptions } from '../parts/local-store-options.ts'
import type { LocalStoreParts, ResolvedOptions } from '../parts/local-store-parts.ts'
import { assertUsableDatabases } from './assert-usable-databases.ts'
import { createStore } from './create-store.ts'
import { abandonCreation, endCreation, inspectDirectory, removeMadeDirectories } from './creation.ts'
import { openExisting } from './open-existing.ts'
import { resolveOptions } from './resolve-options.ts'
import { assertLocalFilesystem } from './unsafe-filesystem.ts'

/** Opens or creates a store: locks it, checks its files, replays what a crash left. */
export async function openParts(options: LocalStoreOptions): Promise<LocalStoreParts> {
  try {
    return await lockAndOpen(options)
  } catch (cause) {
    throw ioFailure(cause, 'open the store')
  }
}

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

async function memoryContent(resolved: ResolvedOptions): Promise<'store' | 'empty'> {
  return (await resolved.files.read(STORE_FILE_NAME)) === undefined ? 'empty' : 'store'
}
