import { copyBytes } from '@forgeone/common'
import type { KeyringFile } from '@forgeone/crypto'
import { DAMAGED_SUFFIX, type JournalFile, type StoreFiles } from './store-files.ts'

/** The files of a store in memory: nothing outlives the object. For tests, and for stores that are meant to vanish. */
export class MemoryStoreFiles implements StoreFiles {
  readonly #files = new Map<string, Uint8Array>()
  readonly #journal = new Map<string, MemoryJournalFile>()
  readonly keyring: KeyringFile = {
    read: () =>
      Promise.resolve({
        ...optional('primary', this.#files.get('keyring')),
        ...optional('copy', this.#files.get('keyring.copy')),
      }),
    replace: (bytes) => {
      this.keyring.replaceSync(bytes)
      return Promise.resolve()
    },
    replaceSync: (bytes) => {
      this.#files.set('keyring', copyBytes(bytes))
      this.#files.set('keyring.copy', copyBytes(bytes))
    },
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#files.get(name))
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(name, copyBytes(bytes))
    return Promise.resolve()
  }

  keepDamaged(name: string): Promise<void> {
    const bytes = this.#files.get(name)
    if (bytes !== undefined) this.#files.set(`${name}${DAMAGED_SUFFIX}`, bytes)
    this.#files.delete(name)
    return Promise.resolve()
  }

  listJournal(): Promise<readonly string[]> {
    return Promise.resolve([...this.#journal.keys()].sort())
  }

  openJournalFile(name: string, { create }: { readonly create: boolean }): Promise<JournalFile> {
    const file = create ? new MemoryJournalFile() : this.#journal.get(name)
    if (file === undefined) return Promise.reject(new Error(`no journal file ${name}`))
    this.#journal.set(name, file)
    return Promise.resolve(file)
  }

  removeJournalFile(name: string): Promise<void> {
    this.#journal.delete(name)
    return Promise.resolve()
  }

  syncJournal(): Promise<void> {
    return Promise.resolve()
  }

  bytes(): number {
    let bytes = 0
    for (const file of this.#files.values()) bytes += file.length
    for (const file of this.#journal.values()) bytes += file.length
    return bytes
  }
}

function optional(
  name: 'primary' | 'copy',
  bytes: Uint8Array | undefined,
): { primary?: Uint8Array; copy?: Uint8Array } {
  return bytes === undefined ? {} : { [name]: bytes }
}

class MemoryJournalFile implements JournalFile {
  #bytes = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  size(): Promise<number> {
    return Promise.resolve(this.#length)
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const end = offset + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, offset)
    this.#length = Math.max(this.#length, end)
    return Promise.resolve()
  }

  sync(): Promise<void> {
    return Promise.resolve()
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes.slice(offset, Math.min(offset + length, this.#length)))
  }

  truncate(size: number): Promise<void> {
    this.#length = Math.min(this.#length, size)
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
