import { MemoryLevel } from 'memory-level'
import type { DatabaseState } from '../format/flush-point.ts'
import type { LeftLogs } from '../leveldb-files/left-logs.ts'
import type { ScrubResult } from '../leveldb-files/scrub.ts'
import type { Backend, LevelDatabase } from './backend.ts'

/** Databases in memory. They outlive their closing, so that a store can be reopened within the process. */
export class MemoryBackend implements Backend {
  readonly #databases = new Map<string, MemoryLevel<Uint8Array, Uint8Array>>()

  async open(name: string, { create }: { readonly create: boolean }): Promise<LevelDatabase> {
    let level = this.#databases.get(name)
    if (level === undefined) {
      if (!create) throw new Error(`no database ${name}`)
      level = new MemoryLevel<Uint8Array, Uint8Array>({
        keyEncoding: 'view',
        valueEncoding: 'view',
        storeEncoding: 'view',
      })
      this.#databases.set(name, level)
    }
    await level.open()
    // The type parameter of the internal format differs; every format carries Uint8Array here.
    return level as unknown as LevelDatabase
  }

  flush(): Promise<void> {
    return Promise.resolve()
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
}
