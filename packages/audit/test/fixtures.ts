import {
  compareBytes,
  ForgeError,
  fromHex,
  ManualClock,
  toHex,
  type ObservedCommit,
  type ObserverRow,
  type ObserverStore,
  type SealedOperation,
  type Timer,
} from '@forgeone/common'
import { ed25519Signer, type Signer } from '@forgeone/crypto'
import { AuditLog, type AuditLogOptions } from '../src/index.ts'

export const STORE_ID: Uint8Array = fromHex('00112233445566778899aabbccddeeff')!
export const GENERATION: Uint8Array = fromHex('0123456789abcdef')!
/** Hides the values of the query index. */
export const QUERY_INDEX_KEY: Uint8Array = new Uint8Array(32).fill(3)

export function signer(fill = 7): Signer {
  return ed25519Signer(new Uint8Array(32).fill(fill))
}

/** Pauses end at once; what runs every so often runs when the test says. */
export class ManualTimer implements Pick<Timer, 'every' | 'pause'> {
  readonly actions = new Set<() => void>()
  pauses = 0

  every(_intervalMs: number, action: () => void): () => void {
    this.actions.add(action)
    return () => void this.actions.delete(action)
  }

  async pause(): Promise<void> {
    this.pauses++
  }

  fire(): void {
    for (const action of this.actions) action()
  }
}

/** The observer's side of a store, in memory. */
export class MemoryStore implements ObserverStore {
  readonly rows: Map<string, Uint8Array>
  writes = 0
  failing = false

  constructor(rows: Iterable<readonly [string, Uint8Array]> = []) {
    this.rows = new Map(rows)
  }

  apply(rows: readonly ObserverRow[]): void {
    for (const { key, value } of rows) {
      if (value === undefined) this.rows.delete(toHex(key))
      else this.rows.set(toHex(key), value)
    }
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.rows.get(toHex(key))
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.rows.get(toHex(key)))
  }

  async *scan(
    { from, to }: { readonly from?: Uint8Array; readonly to?: Uint8Array },
    { reverse = false, limit = Number.POSITIVE_INFINITY }: { reverse?: boolean; limit?: number } = {},
  ): AsyncGenerator<readonly { key: Uint8Array; value: Uint8Array }[]> {
    const found = [...this.rows]
      .map(([key, value]) => ({ key: fromHex(key)!, value }))
      .filter(({ key }) => from === undefined || compareBytes(key, from) >= 0)
      .filter(({ key }) => to === undefined || compareBytes(key, to) < 0)
      .sort((left, right) => compareBytes(left.key, right.key))
    if (reverse) found.reverse()
    yield found.slice(0, limit)
  }

  async write(rows: readonly ObserverRow[]): Promise<void> {
    if (this.failing) throw new ForgeError('IO_FAILED', 'the test wants no writes')
    this.writes++
    this.apply(rows)
  }

  async caughtUp(): Promise<void> {}

  copy(): MemoryStore {
    return new MemoryStore(this.rows)
  }
}

/** A commit like those of a store, different for each sequence. */
export function commit(sequence: number, o: Partial<ObservedCommit> = {}): ObservedCommit {
  return {
    sequence,
    time: 1_767_225_600_000 + sequence,
    facts: {
      actor: sequence % 3 === 0 ? 'p_7c01' : 'system',
      action: 'events.append',
      resourceClass: 'events',
    },
    operations: [put(sequence)],
    nonce: undefined,
    ...o,
  }
}

export function commits(start: number, end: number): readonly ObservedCommit[] {
  return Array.from({ length: end - start }, (_, offset) => commit(start + offset))
}

export function put(seed: number, keyId = 0x01020304): SealedOperation {
  const sealed = new Uint8Array(40).fill(seed % 256)
  sealed.set([1, 1])
  new DataView(sealed.buffer).setUint32(2, keyId)
  return { type: 'put', database: 'events_shard_0', key: Uint8Array.of(1, seed % 256, seed >> 8), sealed }
}

export interface Opened {
  readonly log: AuditLog
  readonly store: MemoryStore
  readonly timer: ManualTimer
  /** Observes the next commits and writes their rows, as a store does. */
  grow(count: number): void
  settle(): number
}

/** A log over a store in memory, loaded at `size`. */
export async function openLog(
  o: { store?: MemoryStore; size?: number } & Partial<AuditLogOptions> = {},
): Promise<Opened> {
  const { store = new MemoryStore(), size = 0, ...options } = o
  const timer = new ManualTimer()
  const clock = new ManualClock()
  const log = new AuditLog({
    storeId: STORE_ID,
    generation: GENERATION,
    signer: signer(),
    clock,
    timer,
    ...options,
  })
  await log.load(store, size)
  return {
    log,
    store,
    timer,
    grow: (count) => store.apply(log.observe(commits(log.size, log.size + count))),
    settle: () => {
      const settled = log.settle()
      store.apply(settled.rows)
      return settled.size
    },
  }
}

export async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
  return 'nothing'
}
