import {
  eventLoopTurn,
  EMPTY_BYTES,
  ForgeError,
  isForgeError,
  type SealedOperation,
  systemCode,
} from '@forgeone/common'
import type { Keyring, Sealer } from '@forgeone/crypto'
import type { KeyRange, Row, ScanOptions } from '../port/store.ts'
import type { LevelDatabase } from './backend.ts'
import { levelFailure } from './level-failure.ts'
import { Overlay } from './overlay.ts'
import { SnapshotGate } from './snapshot-gate.ts'

const PAGE_ROWS = 1000
/** LevelDB's default of 16 KiB stops an iterator every other block of logs. */
const PAGE_BYTES = 1024 * 1024

/** An iterator pins files that compaction has replaced; one that lives long starts anew. */
const ITERATOR_ROWS_MAX = 100_000
const ITERATOR_MS_MAX = 30_000

/** One database of a store: rows sealed for their place, read back only if they are authentic there. */
export class Database {
  readonly name: string
  readonly overlay: Overlay = new Overlay()
  readonly #level: LevelDatabase
  readonly #gate = new SnapshotGate()
  readonly #keyring: Keyring
  readonly #sealers: (Sealer | undefined)[] = []
  /** The overlay answers at once: a loop of such reads would keep the applier from ever emptying it. */

  constructor(o: { name: string; level: LevelDatabase; keyring: Keyring }) {
    this.name = o.name
    this.#level = o.level
    this.#keyring = o.keyring
  }

  get level(): LevelDatabase {
    return this.#level
  }

  seal(key: Uint8Array, value: Uint8Array): Uint8Array {
    return this.#sealer(key).seal(key, value)
  }

  /** @throws RECORD_TAMPERED when the row is not what was written at this key */
  unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    try {
      return this.#sealer(key).open(key, sealed)
    } catch (cause) {
      if (
        isForgeError(
          cause,
          'CRYPTO_OPEN_FAILED',
          'CRYPTO_FORMAT',
          'CRYPTO_KEY_UNKNOWN',
          'CRYPTO_SUITE_REFUSED',
        )
      ) {
        const details = { database: this.name, keyspace: key[0] ?? -1 }
        throw new ForgeError('RECORD_TAMPERED', `a record in ${this.name} failed authentication`, {
          cause,
          details,
        })
      }
      throw cause
    }
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    const pending = this.overlay.get(key)
    if (pending === null) return undefined
    const sealed = pending ?? this.#guardSync(() => this.#level.getSync(key))
    return sealed === undefined ? undefined : this.unseal(key, sealed)
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.overlay.size > 0) {
      await eventLoopTurn.giveWay()
      return this.getSync(key)
    }
    const sealed = await this.#guard(() => this.#gate.read(() => this.#level.get(key)))
    return sealed === undefined ? undefined : this.unseal(key, sealed)
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (this.overlay.size > 0) {
      await eventLoopTurn.giveWay()
      return keys.map((key) => this.getSync(key))
    }
    const values = await this.#guard(() => this.#gate.read(() => this.#level.getMany([...keys])))
    return values.map((sealed, index) =>
      sealed === undefined ? undefined : this.unseal(keys[index]!, sealed),
    )
  }

  /** Pages of authenticated rows; the overlay must be empty. */
  async *pages(range: KeyRange, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    for await (const page of this.sealedPages(range, options)) {
      yield options.keysOnly ? page : page.map(({ key, value }) => ({ key, value: this.unseal(key, value) }))
    }
  }

  /** Pages of rows as they are stored. */
  async *sealedPages(range: KeyRange, options: ScanOptions = {}): AsyncGenerator<readonly Row[]> {
    let { from, to } = range
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (;;) {
      const pass = yield* this.#iterate(rangeOf(from, to), options, left)
      left -= pass.rows
      if (pass.exhausted || left <= 0) return
      if (pass.last === undefined) continue
      if (options.reverse) to = pass.last
      else from = keyAfter(pass.last)
    }
  }

  /** One batch. With `sync` it is durable when it settles; without, only the journal makes it so. */
  async apply(
    operations: readonly SealedOperation[],
    { sync = false }: { readonly sync?: boolean } = {},
  ): Promise<void> {
    // abstract-level has no such option in its types; classic-level reads it.
    const batchOptions: object = { sync }
    await this.#gate.write(() =>
      this.#level.batch(
        operations.map((operation) =>
          operation.type === 'put'
            ? { type: 'put', key: operation.key, value: operation.sealed }
            : { type: 'del', key: operation.key },
        ),
        batchOptions,
      ),
    )
  }

  close(): Promise<void> {
    return this.#level.close()
  }

  /** One life of an iterator, which ends when it has lived long or a batch closes it. */
  async *#iterate(
    range: KeyRange,
    options: ScanOptions,
    limit: number,
  ): AsyncGenerator<readonly Row[], { last: Uint8Array | undefined; rows: number; exhausted: boolean }> {
    // abstract-level has no such option in its types; classic-level reads it.
    const pageOption = { highWaterMarkBytes: PAGE_BYTES }
    const iterator = await this.#guard(() =>
      this.#gate.open(() =>
        this.#level.iterator({
          ...pageOption,
          ...(range.from === undefined ? {} : { gte: range.from }),
          ...(range.to === undefined ? {} : { lt: range.to }),
          reverse: options.reverse ?? false,
          values: !options.keysOnly,
        }),
      ),
    )
    const startedMs = performance.now()
    let rows = 0
    let last: Uint8Array | undefined
    try {
      while (rows < limit) {
        const entries = await this.#guard(() =>
          this.#gate.readKeeping(iterator, () => iterator.nextv(Math.min(limit - rows, PAGE_ROWS))),
        )
        if (entries === undefined) break
        if (entries.length === 0) return { last, rows, exhausted: true }
        rows += entries.length
        last = entries.at(-1)![0]
        yield entries.map(([key, value]) => ({ key, value: value ?? EMPTY_BYTES }))
        if (rows >= ITERATOR_ROWS_MAX || performance.now() - startedMs > ITERATOR_MS_MAX) break
      }
      return { last, rows, exhausted: false }
    } finally {
      await this.#gate.close(iterator)
    }
  }

  #sealer(key: Uint8Array): Sealer {
    const keyspace = key[0] ?? 0
    return (this.#sealers[keyspace] ??= this.#keyring.sealer(this.name, Uint8Array.of(keyspace)))
  }

  #guardSync<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw this.#readFailure(cause)
    }
  }

  async #guard<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (cause) {
      throw this.#readFailure(cause)
    }
  }

  #readFailure(cause: unknown): unknown {
    const code = systemCode(cause)
    if (
      code === 'LEVEL_DATABASE_NOT_OPEN' ||
      code === 'LEVEL_ITERATOR_NOT_OPEN' ||
      code === 'LEVEL_SNAPSHOT_NOT_OPEN'
    ) {
      return new ForgeError('STORE_CLOSED', 'the store is closed', { cause })
    }
    return levelFailure(cause, { name: this.name, action: 'read' })
  }
}

/** The smallest key above `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

function rangeOf(from: Uint8Array | undefined, to: Uint8Array | undefined): KeyRange {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}
