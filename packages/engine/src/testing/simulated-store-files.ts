import type { KeyringFile } from '@forgeone/crypto'
import { DAMAGED_SUFFIX, type JournalFile, type StoreFiles } from '../files/store-files.ts'
import { SimulatedBytes, type CutStyle, type Power } from './simulated-disk.ts'

type Names = Map<string, SimulatedBytes>

/**
 * Files of a store on a simulated disk. It keeps what was synced; what was not is lost, kept or torn by
 * `afterCut`, which gives the disk as the next start of the machine finds it.
 */
export class SimulatedStoreFiles implements StoreFiles {
  readonly #power: Power
  readonly #files: Map<string, Uint8Array>
  /** A replacement under way: after a cut the old or the new content is there. */
  #replacing: { readonly name: string; readonly bytes: Uint8Array } | undefined
  readonly #journal: Names
  #durableNames: Names
  readonly keyring: KeyringFile

  constructor(
    power: Power,
    state: { files: Map<string, Uint8Array>; journal: Names } = { files: new Map(), journal: new Map() },
  ) {
    this.#power = power
    this.#files = state.files
    this.#journal = state.journal
    this.#durableNames = new Map(state.journal)
    this.keyring = {
      read: () => Promise.resolve(this.#readKeyring()),
      replace: async (bytes) => this.#replaceKeyring(bytes),
      replaceSync: (bytes) => this.#replaceKeyring(bytes),
    }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    this.#power.check()
    return this.#files.get(name)?.slice()
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    this.#replaceOne(name, bytes)
  }

  async keepDamaged(name: string): Promise<void> {
    this.#power.check()
    const bytes = this.#files.get(name)
    if (bytes !== undefined) this.#files.set(`${name}${DAMAGED_SUFFIX}`, bytes)
    this.#files.delete(name)
  }

  async listJournal(): Promise<readonly string[]> {
    this.#power.check()
    return [...this.#journal.keys()].sort()
  }

  async openJournalFile(name: string, { create }: { readonly create: boolean }): Promise<JournalFile> {
    this.#power.check()
    const found = this.#journal.get(name)
    if (create === (found !== undefined))
      throw Object.assign(new Error(`${name} is there or not`), { code: 'EEXIST' })
    const bytes = found ?? new SimulatedBytes()
    this.#journal.set(name, bytes)
    return new SimulatedJournalFile(bytes, this.#power)
  }

  async removeJournalFile(name: string): Promise<void> {
    this.#power.check()
    this.#journal.delete(name)
  }

  async syncJournal(): Promise<void> {
    this.#power.syncPoint()
    this.#durableNames = new Map(this.#journal)
  }

  bytes(): number {
    return 0
  }

  /** The disk as the next start finds it. */
  afterCut(style: CutStyle, power: Power): SimulatedStoreFiles {
    const files = new Map(this.#files)
    const lands = style.kind === 'keep' || (style.kind === 'torn' && style.random.below(2) === 0)
    if (this.#replacing !== undefined && lands) files.set(this.#replacing.name, this.#replacing.bytes)
    const names = survivingNames(this.#durableNames, this.#journal, style)
    const journal = new Map([...names].map(([name, bytes]) => [name, bytes.afterCut(style)] as const))
    return new SimulatedStoreFiles(power, { files, journal })
  }

  #readKeyring(): { primary?: Uint8Array; copy?: Uint8Array } {
    this.#power.check()
    const primary = this.#files.get('keyring')
    const copy = this.#files.get('keyring.copy')
    return { ...(primary && { primary }), ...(copy && { copy }) }
  }

  #replaceKeyring(bytes: Uint8Array): void {
    this.#replaceOne('keyring', bytes)
    this.#replaceOne('keyring.copy', bytes)
  }

  #replaceOne(name: string, bytes: Uint8Array): void {
    this.#power.check()
    this.#replacing = { name, bytes: bytes.slice() }
    this.#power.syncPoint()
    this.#files.set(name, bytes.slice())
    this.#replacing = undefined
  }
}

/** Every unsynced creation or removal took effect or did not, each by itself. */
function survivingNames(durable: Names, current: Names, style: CutStyle): Names {
  if (style.kind === 'drop') return durable
  if (style.kind === 'keep') return current
  const names: Names = new Map()
  for (const name of new Set([...durable.keys(), ...current.keys()])) {
    const [before, now] = [durable.get(name), current.get(name)]
    const chosen = before === now || style.random.below(2) === 0 ? now : before
    if (chosen !== undefined) names.set(name, chosen)
  }
  return names
}

class SimulatedJournalFile implements JournalFile {
  readonly #bytes: SimulatedBytes
  readonly #power: Power

  constructor(bytes: SimulatedBytes, power: Power) {
    this.#bytes = bytes
    this.#power = power
  }

  async size(): Promise<number> {
    this.#power.check()
    return this.#bytes.current.length
  }

  async write(offset: number, bytes: Uint8Array, { sync }: { readonly sync: boolean }): Promise<void> {
    this.#power.check()
    this.#bytes.write(offset, bytes)
    if (sync) await this.sync()
  }

  async sync(): Promise<void> {
    this.#power.syncPoint()
    this.#bytes.sync()
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#power.check()
    return this.#bytes.current.slice(offset, offset + length)
  }

  async truncate(size: number): Promise<void> {
    this.#power.syncPoint()
    this.#bytes.truncate(size)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
