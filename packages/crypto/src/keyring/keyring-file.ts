import { ForgeError, isForgeError, isError } from '@forgeone/common'
import { FORBIDDEN_HINT, forbiddenFile, keepOwner, setStrangerAside } from '@forgeone/common/files'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { KEYRING_BYTES_MAX } from './keyring-document.ts'
import { readSmallFile } from './read-small-file.ts'

/** The two files of a keyring. */
export type CopyName = 'keyring' | 'keyring.copy'

/** What is on disk; an absent file is undefined, an unreadable one is empty. */
export interface KeyringCopies {
  readonly primary?: Uint8Array
  readonly copy?: Uint8Array
}

/**
 * Durable home of a keyring, in two copies. An implementation promises:
 * - each copy holds, at any time and after any crash, one complete version;
 * - the copies are replaced one after the other, so that at most one is in doubt;
 * - when `replace` settles or `replaceSync` returns, these bytes or later ones are durable in both copies;
 * - `replace` calls take effect in order, and bytes of a `replaceSync` are never overwritten by those of a `replace`
 *   that began before it;
 * - what lies in the place of a copy and is no file is renamed, and never removed.
 */
export interface KeyringFile {
  /** @throws KEYRING_DAMAGED, STORE_UNWRITABLE, IO_FAILED when neither can be read */
  read(): Promise<KeyringCopies>
  /** @throws IO_FAILED */
  replace(bytes: Uint8Array): Promise<void>
  /** @throws IO_FAILED */
  replaceSync(bytes: Uint8Array): void
}

const COPIES: readonly CopyName[] = ['keyring', 'keyring.copy']
const OWNER_ONLY = 0o600
// Two names, so that a synchronous replace never meets the half-written file of an asynchronous one.
const TEMPORARY = '.new'
const TEMPORARY_SYNC = '.new-sync'

/** `keyring` and `keyring.copy` in a directory, mode 0600, each replaced by temp, fsync, rename, fsync directory. */
export function keyringFileIn(directory: string): KeyringFile {
  return new DirectoryKeyringFile(directory)
}

class DirectoryKeyringFile implements KeyringFile {
  readonly #directory: string
  #last: Promise<void> = Promise.resolve()
  /** Counts synchronous replaces that are durable: an asynchronous one that began before must not land any more. */
  #overtaken = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  async read(): Promise<KeyringCopies> {
    const failures: unknown[] = []
    const [primary, copy] = await Promise.all(
      COPIES.map((name) =>
        readSmallFile(this.#path(name), { bytesMax: KEYRING_BYTES_MAX }).catch((error: unknown) => {
          // One unreadable sector must not keep the other copy from opening the store.
          failures.push(error)
          return new Uint8Array(0)
        }),
      ),
    )
    if (failures.length === COPIES.length) throw unreadable(failures)
    return { ...(primary && { primary }), ...(copy && { copy }) }
  }

  replace(bytes: Uint8Array): Promise<void> {
    // Taken at the call: whatever is durable from now on is newer than these bytes.
    const begunAt = this.#overtaken
    const run = this.#last.then(() => this.#replaceUnlessOvertaken(bytes, begunAt))
    this.#last = run.catch(() => {})
    return run
  }

  replaceSync(bytes: Uint8Array): void {
    try {
      for (const name of COPIES) {
        const temporary = this.#path(name + TEMPORARY_SYNC)
        makeRoom(temporary)
        writeFileSync(temporary, bytes, { mode: OWNER_ONLY, flag: 'wx', flush: true })
        keepOwner(temporary)
        setStrangerAside(this.#path(name))
        renameSync(temporary, this.#path(name))
        syncDirectory(this.#directory)
      }
    } catch (error) {
      throw ioFailed('replace', error)
    }
    this.#overtaken++
  }

  async #replaceUnlessOvertaken(bytes: Uint8Array, begunAt: number): Promise<void> {
    try {
      for (const name of COPIES) {
        const temporary = this.#path(name + TEMPORARY)
        // What a crash left behind holds wrapped keys; do not keep it.
        makeRoom(this.#path(name + TEMPORARY_SYNC))
        makeRoom(temporary)
        await writeDurably(temporary, bytes)
        if (this.#overtaken !== begunAt) return await rm(temporary, { force: true })
        // Synchronous, so that nothing can overtake between the check and the rename.
        setStrangerAside(this.#path(name))
        renameSync(temporary, this.#path(name))
        syncDirectory(this.#directory)
      }
    } catch (error) {
      throw ioFailed('replace', error)
    }
  }

  #path(name: string): string {
    return path.join(this.#directory, name)
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY)
  try {
    keepOwner(file)
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function syncDirectory(directory: string): void {
  // Windows has no directory handles to sync; its renames are journaled.
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function makeRoom(temporary: string): void {
  setStrangerAside(temporary)
  rmSync(temporary, { force: true })
}

/** Rights come first: with them, what is there may turn out to be sound. */
function unreadable(failures: readonly unknown[]): ForgeError {
  const forbidden = failures.find(
    (cause) => isError(cause) && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM'),
  )
  if (forbidden !== undefined)
    return new ForgeError(
      'STORE_UNWRITABLE',
      `cannot read the keyring: ${forbiddenFile(forbidden)?.message ?? 'it is forbidden'}`,
      { cause: forbidden, hint: FORBIDDEN_HINT },
    )
  const stranger = failures.find((cause) => isForgeError(cause))
  if (!isForgeError(stranger)) return ioFailed('read', failures[0])
  return new ForgeError('KEYRING_DAMAGED', `neither copy of the keyring can be read: ${stranger.message}`, {
    cause: stranger,
    hint: 'Move what lies there elsewhere, and restore `keyring` from a key backup.',
  })
}

function ioFailed(action: string, cause: unknown): ForgeError {
  if (isForgeError(cause)) return cause
  return new ForgeError('IO_FAILED', `cannot ${action} the keyring`, { cause })
}
