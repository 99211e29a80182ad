import { existsSync } from 'node:fs'
import { access, constants, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ForgeError, utf8Encode, systemCode } from '@forgeone/common'
import type { StoreFiles } from '../files/store-files.ts'
import { makeDirectoryDurably } from '@forgeone/common/files'
import { isNotFound } from '../files/node-store-files.ts'
import { STORE_FILE_NAME } from '../format/store-file.ts'

/** Present from the first file of a new store until its last: what lies beside it then is unfinished. */
const CREATING_NAME = 'creating'
/** Present while a restore lays files here: what there is may be half of a store. */
const RESTORING_NAME = 'restoring'
/** Appears and vanishes with opening, or was left by a creation that was killed at once; never a sign of a store. */
const PASSING_NAME_PATTERN = /^(lock(\..+)?|creating\.tmp)$/
/** As above, but not to be cleared: another process may be trying the lock. */
const LOCK_NAME_PATTERN = /^lock(\..+)?$/

export type DirectoryContent = 'store' | 'empty' | 'unfinished'

/**
 * Decides what a directory is before anything in it is touched.
 * @throws STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_DAMAGED, STORE_UNWRITABLE, RESTORE_INCOMPLETE
 */
export async function inspectDirectory(
  path: string,
  { mayCreate }: { readonly mayCreate: boolean },
): Promise<DirectoryContent> {
  const names = await listDirectory(path, mayCreate)
  if (names.includes(RESTORING_NAME))
    throw new ForgeError('RESTORE_INCOMPLETE', `a restore into ${path} was begun and never finished`)
  if (names.includes(STORE_FILE_NAME)) {
    await assertWritable(path)
    return 'store'
  }
  if (names.includes(CREATING_NAME)) return 'unfinished'
  if (names.includes('journal') || names.includes('keyring')) {
    throw new ForgeError('STORE_DAMAGED', `the file ${STORE_FILE_NAME} is missing from ${path}`)
  }
  const others = names.filter((name) => !PASSING_NAME_PATTERN.test(name))
  if (others.length > 0)
    throw new ForgeError('STORE_NOT_A_STORE', `${path} holds other files (${others[0]}, …) and no store`)
  if (!mayCreate) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${path}`)
  await assertWritable(path)
  return 'empty'
}

async function listDirectory(path: string, mayCreate: boolean): Promise<string[]> {
  try {
    if (!existsSync(path)) {
      if (!mayCreate) throw new ForgeError('STORE_NOT_FOUND', `there is no store at ${path}`)
      await makeDirectoryDurably(resolve(path))
    }
    if (!(await stat(path)).isDirectory())
      throw new ForgeError('STORE_NOT_A_STORE', `${path} is a file, not a directory`, {
        hint: 'Name an empty directory, or the directory of a store.',
      })
    return await readdir(path)
  } catch (cause) {
    if (cause instanceof ForgeError) throw cause
    throw new ForgeError('STORE_UNWRITABLE', `the directory ${path} cannot be used: ${reason(cause)}`, {
      cause,
    })
  }
}

async function assertWritable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new ForgeError('STORE_UNWRITABLE', `the directory ${path} cannot be written: ${reason(cause)}`, {
      cause,
    })
  }
}

/** Marks the directory, and clears what an interrupted creation left: nothing in it was ever acknowledged. */
export async function beginCreation(path: string, files: StoreFiles): Promise<void> {
  await files.replace(CREATING_NAME, utf8Encode('a store is being created here\n'))
  for (const name of await readdir(path)) {
    if (name !== CREATING_NAME && !LOCK_NAME_PATTERN.test(name))
      await rm(join(path, name), { recursive: true })
  }
}

/**
 * Takes back a creation that was refused or failed: nothing in it was ever acknowledged. It is marked as unfinished first, so that
 * what a crash leaves here is known for it.
 */
export async function abandonCreation(path: string, files: StoreFiles): Promise<void> {
  await beginCreation(path, files)
  await endCreation(path)
}

/** Removes the directories that an opening made on its way to `path` and that are empty, up to the one that was there. */
export async function removeMadeDirectories(path: string, existing: string): Promise<void> {
  for (let at = resolve(path); at !== existing && at !== dirname(at); at = dirname(at)) {
    try {
      await rmdir(at)
    } catch (error) {
      // Somebody has put something into it meanwhile, or took it away.
      if (!isNotFound(error)) return
    }
  }
}

export async function endCreation(path: string): Promise<void> {
  try {
    await rm(join(path, CREATING_NAME))
  } catch (error) {
    if (isDirectory(error))
      throw new ForgeError('STORE_DAMAGED', `${CREATING_NAME} in ${path} is a directory, and none of ours`, {
        hint: 'Look at what lies there, and move it elsewhere.',
      })
    if (!isNotFound(error)) throw error
  }
}

function isDirectory(error: unknown): boolean {
  return /EISDIR|EPERM/.test(systemCode(error) ?? '')
}

function reason(cause: unknown): string {
  return systemCode(cause) ?? String(cause)
}
