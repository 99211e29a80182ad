import { ForgeError, systemCode } from '@forgeone/common'
import type { Keyring, ShredKeys, ShredRow, ShredStore } from '@forgeone/crypto'
import type { Backend, LevelDatabase } from './backend.ts'
import { levelFailure, shortageOf } from './level-failure.ts'
import type { Health } from '../health/health.ts'
import { storeClosed } from '../health/store-closed.ts'
import { SnapshotGate } from './snapshot-gate.ts'

/** Beside the databases, not one of them: no journal, no snapshot and no data backup holds it. */
export const SHRED_DIRECTORY = 'keys'

const PAGE_ROWS = 1000

/** The wrapped shred keys of a store, each write synced. */
class ShredDatabase implements ShredStore {
  readonly #backend: Backend
  readonly #level: LevelDatabase
  readonly #gate = new SnapshotGate()

  constructor({ backend, level }: { readonly backend: Backend; readonly level: LevelDatabase }) {
    this.#backend = backend
    this.#level = level
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#open(async () => this.#level.getSync(key))
  }

  async *scan(range: {
    readonly from: Uint8Array
    readonly to: Uint8Array
  }): AsyncGenerator<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    let from = range.from
    for (;;) {
      const start = from
      // Each page has an iterator of its own: no snapshot lives while the caller works, or a write comes.
      const rows = await this.#open(() =>
        this.#gate.read(async () => {
          const iterator = this.#level.iterator({ gte: start, lt: range.to })
          try {
            return await iterator.nextv(PAGE_ROWS)
          } finally {
            await iterator.close()
          }
        }),
      )
      if (rows.length === 0) return
      yield rows.map(([key, value]) => ({ key, value }))
      const last = rows.at(-1)![0]
      from = new Uint8Array(last.length + 1)
      from.set(last)
    }
  }

  async write(rows: readonly ShredRow[]): Promise<void> {
    // abstract-level has no such option in its types; classic-level reads it.
    const options: object = { sync: true }
    await this.#open(() =>
      this.#gate.write(() =>
        this.#level.batch(
          rows.map(({ key, value }) =>
            value === undefined ? { type: 'del', key } : { type: 'put', key, value },
          ),
          options,
        ),
      ),
    )
  }

  /** @throws STORE_CLOSED once the store is: whoever began before the closing may come here behind it */
  async #open<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (cause) {
      if (isNotOpen(cause)) throw storeClosed()
      throw cause
    }
  }

  async purge(range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void> {
    await this.#backend.flush(SHRED_DIRECTORY, this.#level)
    await this.#backend.reclaim(this.#level, range)
  }
}

export interface OpenedShredKeys {
  readonly keys: ShredKeys
  close(): Promise<void>
}

/**
 * Opens the shred keys of a store and finishes the erasures that a crash cut short, unless the store is only read.
 * @throws DATABASE_DAMAGED when the files are damaged, or missing although the keyring has bucket keys
 */
export async function openShredKeys({
  backend,
  keyring,
  health,
}: {
  readonly backend: Backend
  readonly keyring: Keyring
  readonly health: Health
}): Promise<OpenedShredKeys> {
  const isNew = !keyring.hasShredKeys
  if (!isNew) await checkFiles(backend)
  const level = await backend.open(SHRED_DIRECTORY, { create: isNew }).catch((cause: unknown) => {
    const failure = levelFailure(cause, { name: SHRED_DIRECTORY, action: 'open' })
    if (failure.code !== 'DATABASE_DAMAGED') throw failure
    throw new ForgeError(failure.code, failure.message, { cause, hint: RESTORE_HINT })
  })
  try {
    const keys = await keyring.openShredKeys(new ShredDatabase({ backend, level }), {
      finishErasures: health.refusal === undefined,
    })
    return {
      keys,
      close: async () => {
        keys.lock()
        await level.close()
      },
    }
  } catch (error) {
    await level.close()
    throw error
  }
}

const RESTORE_HINT =
  'Restore `keys` and `keyring` together from the newest key backup; the other data is not concerned.'

async function checkFiles(backend: Backend): Promise<void> {
  const [structure] = await backend.check(SHRED_DIRECTORY, undefined, false).catch((cause: unknown) => {
    const shortage = shortageOf(cause, `read the files of ${SHRED_DIRECTORY}`)
    if (shortage !== undefined) throw shortage
    throw new ForgeError('DATABASE_DAMAGED', `the files of ${SHRED_DIRECTORY} cannot be read`, { cause })
  })
  // No journal has what its logs hold, so LevelDB replays them; it aborts the process on some that it did not write.
  const finding = structure ?? (await backend.checkLogs(SHRED_DIRECTORY))
  if (finding === undefined) return
  const message = `${SHRED_DIRECTORY}/${finding.file} is damaged: ${finding.problem}`
  throw new ForgeError('DATABASE_DAMAGED', message, { hint: RESTORE_HINT })
}

function isNotOpen(cause: unknown): boolean {
  return systemCode(cause) === 'LEVEL_DATABASE_NOT_OPEN'
}
