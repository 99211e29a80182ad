import { assert, isBytes } from '@forgeone/common'
import { MemoryLevel } from 'memory-level'
import type { Backend, LevelDatabase } from '../database/backend.ts'
import type { ScrubResult } from '../leveldb-files/scrub.ts'
import type { DatabaseState } from '../format/flush-point.ts'
import type { LeftLogs } from '../leveldb-files/left-logs.ts'
import type { CutStyle, Power } from './simulated-disk.ts'

type Bytes = Uint8Array
type BatchOperation =
  | { readonly type: 'put'; readonly key: Bytes; readonly value: Bytes }
  | { readonly type: 'del'; readonly key: Bytes }

/** One database: rows as of its last flush, and the batches since, which LevelDB keeps in an unsynced log. */
class SimulatedDatabase extends MemoryLevel<Bytes, Bytes> {
  readonly base: ReadonlyMap<string, Bytes>
  readonly batches: (readonly BatchOperation[])[] = []
  flushed: ReadonlyMap<string, Bytes>
  power: Power | undefined
  /** Opened again on the same machine it has its rows already. */
  #loaded = false

  constructor(base: ReadonlyMap<string, Bytes> = new Map()) {
    super({ keyEncoding: 'view', valueEncoding: 'view', storeEncoding: 'view' })
    this.base = base
    this.flushed = base
    // A machine without power writes nothing.
    this.hooks.prewrite.add(() => this.power?.check())
    this.on('write', (operations) => this.batches.push(operations.map(toBatchOperation)))
  }

  afterFlush(): void {
    this.flushed = applied(this.flushed, this.batches)
    this.batches.length = 0
  }

  async load(): Promise<void> {
    await this.open()
    if (this.#loaded || this.base.size === 0) return
    this.#loaded = true
    await this.batch([...this.base].map(([key, value]) => ({ type: 'put', key: fromName(key), value })))
    this.batches.length = 0
  }
}

/** Databases of a simulated machine: after a cut each is rolled back to its flush, and may keep later batches. */
export class SimulatedBackend implements Backend {
  readonly #power: Power
  readonly #databases: Map<string, SimulatedDatabase>

  constructor(power: Power, databases: Map<string, SimulatedDatabase> = new Map()) {
    this.#power = power
    this.#databases = databases
  }

  async open(name: string, { create }: { readonly create: boolean }): Promise<LevelDatabase> {
    this.#power.check()
    let database = this.#databases.get(name)
    if (database === undefined) {
      if (!create) throw new Error(`no database ${name}`)
      this.#power.syncPoint()
      database = new SimulatedDatabase()
      this.#databases.set(name, database)
    }
    await database.load()
    database.power = this.#power
    // The type parameter of the internal format differs; every format carries Uint8Array here.
    return database as unknown as LevelDatabase
  }

  async flush(name: string): Promise<void> {
    this.#power.syncPoint()
    this.#databases.get(name)?.afterFlush()
  }

  reclaim(): Promise<void> {
    return Promise.resolve()
  }

  checkLogs(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  logsDigest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(32))
  }

  setLogsAside(): Promise<LeftLogs> {
    return Promise.resolve({ damaged: [], rows: [] })
  }

  removeLogsAside(): Promise<void> {
    return Promise.resolve()
  }

  keepForeignLogs(): Promise<void> {
    return Promise.resolve()
  }

  foreignLogNames(): Promise<readonly string[]> {
    return Promise.resolve([])
  }

  check(): Promise<[]> {
    return Promise.resolve([])
  }

  scrub(): Promise<ScrubResult> {
    return Promise.resolve({ tables: 0, bytes: 0, findings: [] })
  }

  state(name: string): Promise<DatabaseState> {
    const digests = { tablesDigest: new Uint8Array(32), logsDigest: new Uint8Array(32) }
    return Promise.resolve({ name, manifestNumber: 0, manifestBytes: 0, ...digests })
  }

  bytes(): number {
    return 0
  }

  afterCut(style: CutStyle, power: Power): SimulatedBackend {
    const databases = [...this.#databases].map(([name, { flushed, batches }]) => {
      const kept = batches.filter(
        () => style.kind === 'keep' || (style.kind === 'torn' && style.random.below(2) === 0),
      )
      return [name, new SimulatedDatabase(applied(flushed, kept))] as const
    })
    return new SimulatedBackend(power, new Map(databases))
  }
}

function toBatchOperation(operation: {
  readonly type: string
  readonly encodedKey?: unknown
  readonly encodedValue?: unknown
}): BatchOperation {
  const { type, encodedKey, encodedValue } = operation
  assert(isBytes(encodedKey), 'keys are bytes')
  if (type === 'del') return { type, key: encodedKey.slice() }
  assert(type === 'put' && isBytes(encodedValue), 'values are bytes')
  return { type, key: encodedKey.slice(), value: encodedValue.slice() }
}

function applied(
  base: ReadonlyMap<string, Bytes>,
  batches: readonly (readonly BatchOperation[])[],
): ReadonlyMap<string, Bytes> {
  const rows = new Map(base)
  for (const operation of batches.flat()) {
    if (operation.type === 'put') rows.set(toName(operation.key), operation.value)
    else rows.delete(toName(operation.key))
  }
  return rows
}

function toName(key: Bytes): string {
  return Buffer.from(key).toString('latin1')
}

function fromName(name: string): Bytes {
  return new Uint8Array(Buffer.from(name, 'latin1'))
}
