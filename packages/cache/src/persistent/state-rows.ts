import type { CacheDatabase, CacheWrite } from './cache-database.ts'
import { KEY_KIND, prefixRange } from './cache-keys.ts'
import { viewOf } from '../table/fixed-bytes.ts'

/** Numbers that a cache keeps about itself, with the byte that stands for each in stored keys. */
export const STATE_CODE = { epoch: 1, closedTotal: 2, lastCleanup: 3 } as const
export type StateName = keyof typeof STATE_CODE

const SEQUENCE_AT = 2
const KEY_BYTES = SEQUENCE_AT + 8
const VALUE_BYTES = 8

/** Whether all state rows can be read. Without them nothing tells which entries were invalidated. */
export async function hasSoundState(database: CacheDatabase): Promise<boolean> {
  for await (const { key, value } of database.iterate(prefixRange(Uint8Array.of(KEY_KIND.state))))
    if (key.length !== KEY_BYTES || value.length !== VALUE_BYTES) return false
  return true
}

/**
 * `05 | name u8 | sequence u64 -> u64`. A new number is a new key and the newest key counts: LevelDB may bring an
 * overwritten value back after a crash, but not order two keys the wrong way round.
 */
export class StateRows {
  readonly #database: CacheDatabase
  readonly #newest = new Map<StateName, { readonly sequence: bigint; readonly value: number }>()

  constructor(database: CacheDatabase) {
    this.#database = database
  }

  async load(): Promise<void> {
    for (const name of Object.keys(STATE_CODE) as StateName[]) {
      const range = prefixRange(Uint8Array.of(KEY_KIND.state, STATE_CODE[name]))
      for await (const { key, value } of this.#database.iterate({ ...range, reverse: true, limit: 1 })) {
        if (key.length !== KEY_BYTES || value.length !== VALUE_BYTES) continue
        const number = Number(viewOf(value).getBigUint64(0))
        this.#newest.set(name, { sequence: viewOf(key).getBigUint64(SEQUENCE_AT), value: number })
      }
    }
  }

  get(name: StateName): number | undefined {
    return this.#newest.get(name)?.value
  }

  /** The writes that set a number and drop the one before it. */
  set(name: StateName, value: number): readonly CacheWrite[] {
    const before = this.#newest.get(name)
    const sequence = (before?.sequence ?? 0n) + 1n
    this.#newest.set(name, { sequence, value })
    const bytes = new Uint8Array(VALUE_BYTES)
    viewOf(bytes).setBigUint64(0, BigInt(value))
    return [
      { type: 'put', key: stateKey(name, sequence), value: bytes },
      ...this.#removal(name, before?.sequence),
    ]
  }

  /** The writes that forget a number. */
  delete(name: StateName): readonly CacheWrite[] {
    const before = this.#newest.get(name)
    this.#newest.delete(name)
    return this.#removal(name, before?.sequence)
  }

  #removal(name: StateName, sequence: bigint | undefined): readonly CacheWrite[] {
    return sequence === undefined ? [] : [{ type: 'del', key: stateKey(name, sequence) }]
  }
}

function stateKey(name: StateName, sequence: bigint): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  key[0] = KEY_KIND.state
  key[1] = STATE_CODE[name]
  viewOf(key).setBigUint64(SEQUENCE_AT, sequence)
  return key
}
