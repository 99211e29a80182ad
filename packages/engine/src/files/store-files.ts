import type { KeyringFile } from '@forgeone/crypto'

/** Ends the name of what an opening found damaged, and kept. */
export const DAMAGED_SUFFIX = '.damaged'

/**
 * One file of the journal, written front to back.
 *
 * - `write` puts all bytes at the offset or rejects; after a rejection the file's content is unknown.
 * - With `sync: true` the bytes, and all bytes written before, survive a power cut once it settles.
 * - `read` returns fewer bytes only at the end of the file.
 */
export interface JournalFile {
  size(): Promise<number>
  write(offset: number, bytes: Uint8Array, options: { readonly sync: boolean }): Promise<void>
  sync(): Promise<void>
  read(offset: number, length: number): Promise<Uint8Array>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/**
 * Everything of a store that is not a database: `FORGE`, the keyring and the journal.
 *
 * - `replace` leaves the old or the new content after a crash, never a mixture, and is durable when it settles.
 * - What lies in the place of a file and is none is renamed by `replace`, and never removed.
 * - A created journal file and a removal are durable after `syncJournal`.
 */
export interface StoreFiles {
  readonly keyring: KeyringFile
  read(name: string): Promise<Uint8Array | undefined>
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** Renames what is there and is not sound, to `<name>.damaged` in place of an earlier one, so that it can be looked at. */
  keepDamaged(name: string): Promise<void>
  listJournal(): Promise<readonly string[]>
  openJournalFile(name: string, options: { readonly create: boolean }): Promise<JournalFile>
  removeJournalFile(name: string): Promise<void>
  syncJournal(): Promise<void>
  /** Bytes that these files take now. */
  bytes(): number
}
