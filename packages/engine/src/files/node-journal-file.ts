import { constants, fdatasync, fstat, ftruncate, open, read, write, writeSync, close } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { ForgeError, systemCode } from '@forgeone/common'
import { InlineSync } from './inline-sync.ts'
import type { JournalFile } from './store-files.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const statFile = promisify(fstat)
const truncateFile = promisify(ftruncate)
const syncFile = promisify(fdatasync)

/**
 * A journal file on disk. Synced writes go through a second descriptor opened with O_DSYNC: the thread pool then
 * writes and syncs in one hop, which saves a fifth of the latency of a single commit.
 */
export class NodeJournalFile implements JournalFile {
  readonly #plain: number
  readonly #synced: number
  readonly #inline: InlineSync
  /** Relaxed writes so far, and how many of them a sync covered: O_DSYNC covers its own bytes only. */
  #relaxedWrites = 0
  #syncedWrites = 0
  #lastSync: Promise<unknown> = Promise.resolve()

  private constructor(o: { plain: number; synced: number; inline: InlineSync }) {
    this.#plain = o.plain
    this.#synced = o.synced
    this.#inline = o.inline
  }

  /** @param options.inline shared by the files of one disk, which it learns the speed of */
  static async open(
    path: string,
    { create, inline }: { readonly create: boolean; readonly inline: InlineSync },
  ): Promise<NodeJournalFile> {
    const { plain, access } = await openAllowed(
      path,
      create ? constants.O_CREAT | constants.O_EXCL : 0,
    ).catch((cause: unknown) => {
      throw isStranger(cause) ? notRegular(path) : cause
    })
    try {
      if (!(await statFile(plain)).isFile()) throw notRegular(path)
      const synced = await openFile(path, access | (constants.O_DSYNC ?? constants.O_SYNC ?? 0))
      return new NodeJournalFile({ plain, synced, inline })
    } catch (error) {
      await closeFile(plain)
      throw error
    }
  }

  async size(): Promise<number> {
    return (await statFile(this.#plain)).size
  }

  async write(offset: number, bytes: Uint8Array, { sync }: { readonly sync: boolean }): Promise<void> {
    const together = sync && this.#relaxedWrites === this.#syncedWrites
    if (together && this.#inline.suits(bytes.length)) {
      this.#writeInline(offset, bytes)
      return
    }
    await writeAll(together ? this.#synced : this.#plain, bytes, offset)
    if (!sync) this.#relaxedWrites++
    else if (!together) await this.sync()
  }

  #writeInline(offset: number, bytes: Uint8Array): void {
    const startedMs = performance.now()
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#synced, bytes, done, bytes.length - done, offset + done)
    }
    this.#inline.record(performance.now() - startedMs)
  }

  async sync(): Promise<void> {
    // A write that ends while the sync runs is not covered by it.
    const covered = this.#relaxedWrites
    const running = syncFile(this.#plain)
    this.#lastSync = Promise.allSettled([this.#lastSync, running])
    await running
    this.#syncedWrites = Math.max(this.#syncedWrites, covered)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    const filled = await readAll(this.#plain, bytes, offset)
    return filled === length ? bytes : bytes.subarray(0, filled)
  }

  async truncate(size: number): Promise<void> {
    await truncateFile(this.#plain, size)
    await this.sync()
  }

  async close(): Promise<void> {
    await this.#lastSync
    await closeFile(this.#plain)
    await closeFile(this.#synced)
  }
}

/** A write may be short (a signal, a nearly full disk): the rest is written again from where it stopped. */
function writeAll(descriptor: number, bytes: Uint8Array, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      write(descriptor, bytes, done, bytes.length - done, offset + done, (error, written) => {
        if (error) reject(error)
        else if (done + written < bytes.length) step(done + written)
        else resolve()
      })
    }
    step(0)
  })
}

function readAll(descriptor: number, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      read(descriptor, bytes, done, bytes.length - done, offset + done, (error, got) => {
        if (error) reject(error)
        else if (got === 0 || done + got === bytes.length) resolve(done + got)
        else step(done + got)
      })
    }
    step(0)
  })
}

/** A directory, a socket, or a link to itself. */
function isStranger(cause: unknown): boolean {
  const code = systemCode(cause)
  return code === 'EISDIR' || code === 'ENXIO' || code === 'ELOOP'
}

function notRegular(path: string): ForgeError {
  return new ForgeError('JOURNAL_DAMAGED', `${basename(path)} in the journal is no regular file`, {
    hint: 'Look at what lies there, move it elsewhere, and put the segment back from a backup.',
  })
}

/** Whoever may only read a journal can examine it; a write then fails as the operating system says. */
async function openAllowed(path: string, flags: number): Promise<{ plain: number; access: number }> {
  try {
    return { plain: await openFile(path, constants.O_RDWR | flags, 0o600), access: constants.O_RDWR }
  } catch (error) {
    const code = systemCode(error)
    if (flags !== 0 || (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM')) throw error
    return { plain: await openFile(path, constants.O_RDONLY), access: constants.O_RDONLY }
  }
}
