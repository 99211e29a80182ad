import { MemoryCache } from '../memory/memory-cache.ts'
import type { CacheDatabase, CacheWrite } from './cache-database.ts'
import { generationOf, vaultRow, vaultRows } from './cache-keys.ts'
import { FINGERPRINT_BYTES } from './entry-value.ts'
import type { VaultKey } from './entry-names.ts'
import { hexOf } from '../table/fixed-bytes.ts'

/** Of a vault: entries of older generations are no longer its own. */
export interface Generation {
  readonly number: number
  readonly fingerprint: Uint8Array | undefined
}

const FIRST: Generation = { number: 0, fingerprint: undefined }
const REMEMBERED_MAX = 16_384

/** The newest generation of each vault. Rows are only ever added, and the newest counts. */
export class VaultGenerations {
  readonly #database: CacheDatabase
  readonly #known = new MemoryCache<string, Generation>({ maxEntries: REMEMBERED_MAX, policy: 'lru' })

  #changes = 0

  constructor(database: CacheDatabase) {
    this.#database = database
  }

  async get(epoch: number, { bytes: vaultKey, hex }: VaultKey): Promise<Generation> {
    const known = this.known(hex)
    if (known !== undefined) return known
    const changes = this.#changes
    let newest = FIRST
    for await (const { key, value } of this.#database.iterate({
      ...vaultRows({ epoch, vaultKey }),
      reverse: true,
      limit: 1,
    }))
      newest = {
        number: generationOf(key),
        fingerprint: value.length === FINGERPRINT_BYTES ? value : undefined,
      }
    // Whoever started a generation meanwhile knows better than what was read before.
    const started = this.known(hex)
    if (started !== undefined) return started
    if (changes === this.#changes) this.#known.set(hex, newest)
    return newest
  }

  /** The same where it was asked for lately. */
  known(vaultHex: string): Generation | undefined {
    return this.#known.get(vaultHex)
  }

  /** The write that starts a generation; it counts from now on, whether the write succeeds or not. */
  start(epoch: number, vaultKey: Uint8Array, generation: Generation): CacheWrite {
    this.#changes++
    this.#known.set(hexOf(vaultKey), generation)
    return {
      type: 'put',
      key: vaultRow({ epoch, vaultKey, generation: generation.number }),
      // A store of sealed values reads what it cannot trust as nothing: nothing is never written.
      value: generation.fingerprint ?? Uint8Array.of(0),
    }
  }

  clear(): void {
    this.#changes++
    this.#known.clear()
  }
}
