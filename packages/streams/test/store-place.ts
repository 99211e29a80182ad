import { SeededRandom } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import {
  LocalStore,
  MemoryBackend,
  MemoryStoreFiles,
  type LocalStoreOptions,
  type Store,
} from '@forgeone/engine'
import { DistantRows, DistantStore } from '@forgeone/engine/testing'

type PlaceOptions = Pick<LocalStoreOptions, 'path' | 'files' | 'backend' | 'random'>

/** So many turns of the event loop a question to a distant store, and its answer, may take. */
const WAY_TURNS_MAX = 2

let isDistant = false

/** From now on stores in memory have no synchronous reads, and answer in a later turn. @returns what ends it */
export function standOnDistantStores(): () => void {
  isDistant = true
  return () => void (isDistant = false)
}

export function isOnDistantStores(): boolean {
  return isDistant
}

/** Where a store is kept, so that it can be closed and opened again; in memory unless told otherwise. */
export class StorePlace {
  readonly #local: PlaceOptions
  readonly #isDistant: boolean
  readonly #random = new SeededRandom(1)
  #rows: DistantRows | undefined

  constructor(options: PlaceOptions = {}) {
    const isInMemory = options.path === undefined && options.files === undefined
    this.#isDistant = isDistant && isInMemory
    this.#local = isInMemory
      ? { ...options, files: new MemoryStoreFiles(), backend: new MemoryBackend() }
      : options
  }

  async open(o: Pick<LocalStoreOptions, 'databases' | 'clock' | 'checkFacts'>): Promise<Store> {
    const provider = rawKeyProvider(new Uint8Array(32).fill(1))
    if (!this.#isDistant) return await LocalStore.open({ ...this.#local, provider, ...o })
    this.#rows ??= new DistantRows(o.databases)
    return new DistantStore({ rows: this.#rows, way: () => this.#way(), ...o })
  }

  async #way(): Promise<void> {
    for (let turns = this.#random.below(WAY_TURNS_MAX); turns >= 0; turns--)
      await new Promise((resolve) => setImmediate(resolve))
  }
}
