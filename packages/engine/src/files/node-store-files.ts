import { systemCode } from '@forgeone/common'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readSmallFile, setStrangerAside, syncDirectory, keepOwner } from '@forgeone/common/files'
import { keyringFileIn, type KeyringFile } from '@forgeone/crypto'
import { InlineSync } from './inline-sync.ts'
import { NodeJournalFile } from './node-journal-file.ts'
import { DAMAGED_SUFFIX, type JournalFile, type StoreFiles } from './store-files.ts'
import { directoryBytes, fileBytes } from './directory-bytes.ts'

const JOURNAL_FOLDER = 'journal'
/** `FORGE` names each database, and the flush point describes it in some hundred bytes. */
const SMALL_BYTES_MAX = 1024 * 1024

/** The files of a store in a directory of the local file system. */
export class NodeStoreFiles implements StoreFiles {
  readonly keyring: KeyringFile
  readonly #path: string
  readonly #inline = new InlineSync()

  constructor(path: string) {
    this.#path = path
    this.keyring = keyringFileIn(path)
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return await readSmallFile(join(this.#path, name), { bytesMax: SMALL_BYTES_MAX })
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#path, name)
    const temporary = `${path}.tmp`
    setStrangerAside(temporary)
    await rm(temporary, { force: true })
    await using file = await open(temporary, 'wx', 0o600)
    keepOwner(temporary)
    await file.writeFile(bytes)
    await file.sync()
    setStrangerAside(path)
    await rename(temporary, path)
    await syncDirectory(join(path, '..'))
  }

  async keepDamaged(name: string): Promise<void> {
    const path = join(this.#path, name)
    if (setStrangerAside(path) !== undefined) return
    const damaged = `${path}${DAMAGED_SUFFIX}`
    setStrangerAside(damaged)
    await rename(path, damaged)
    await syncDirectory(join(path, '..'))
  }

  async listJournal(): Promise<readonly string[]> {
    try {
      return (await readdir(join(this.#path, JOURNAL_FOLDER))).sort()
    } catch (error) {
      if (isNotFound(error)) return []
      throw error
    }
  }

  async openJournalFile(name: string, options: { readonly create: boolean }): Promise<JournalFile> {
    const folder = join(this.#path, JOURNAL_FOLDER)
    if (options.create) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      keepOwner(folder)
    }
    const file = await NodeJournalFile.open(join(folder, name), { ...options, inline: this.#inline })
    if (options.create) keepOwner(join(folder, name))
    return file
  }

  async removeJournalFile(name: string): Promise<void> {
    await rm(join(this.#path, JOURNAL_FOLDER, name), { force: true })
  }

  async syncJournal(): Promise<void> {
    await syncDirectory(join(this.#path, JOURNAL_FOLDER))
  }

  bytes(): number {
    const small = ['FORGE', 'keyring', 'keyring.copy'].reduce(
      (sum, name) => sum + fileBytes(join(this.#path, name)),
      0,
    )
    return small + directoryBytes(join(this.#path, JOURNAL_FOLDER))
  }
}

export function isNotFound(error: unknown): boolean {
  return systemCode(error) === 'ENOENT'
}
