import { utf8Decode } from '@forgeone/common'
import { readLogRecords } from './log-records.ts'
import { VarintCursor } from './varints.ts'

export interface LiveTable {
  readonly level: number
  readonly number: number
  readonly size: number
  /** Internal keys: user key, then 8 bytes of sequence and type. */
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
}

/** What a MANIFEST says a database consists of. */
export interface Manifest {
  readonly tables: readonly LiveTable[]
  readonly logNumber: number
  readonly previousLogNumber: number
  /** End of the last whole record; what follows is torn. */
  readonly endOffset: number
  /** A record follows `endOffset` that is not whole: it is being written, or a crash tore it. */
  readonly torn: boolean
}

interface ManifestState {
  tables: Map<number, LiveTable>
  logNumber: number
  previousLogNumber: number
}

/** @returns the manifest, or why the bytes are none */
export function parseManifest(bytes: Uint8Array): Manifest | { readonly damage: string } {
  const { records, endOffset, brokenOffset, torn } = readLogRecords(bytes)
  if (brokenOffset !== undefined && !torn) return { damage: `record at byte ${brokenOffset} is broken` }
  if (records.length === 0) return { damage: 'it holds no record' }
  const state: ManifestState = { tables: new Map(), logNumber: 0, previousLogNumber: 0 }
  for (const record of records) {
    const damage = applyEdit(record, state)
    if (damage !== undefined) return { damage }
  }
  const { logNumber, previousLogNumber } = state
  const tables = [...state.tables.values()].sort((a, b) => a.number - b.number)
  return { tables, logNumber, previousLogNumber, endOffset, torn }
}

/** One version edit: a list of tagged fields (LevelDB `version_edit.cc`). */
function applyEdit(record: Uint8Array, state: ManifestState): string | undefined {
  const cursor = new VarintCursor(record)
  while (!cursor.done) {
    const tag = cursor.number()
    switch (tag) {
      case 1: {
        const comparator = utf8Decode(cursor.prefixed())
        if (comparator !== 'leveldb.BytewiseComparator') return 'it names an unknown key order'
        break
      }
      case 2:
        state.logNumber = cursor.number()
        break
      case 3:
      case 4:
        cursor.number()
        break
      case 5:
        cursor.number()
        cursor.prefixed()
        break
      case 6:
        cursor.number()
        state.tables.delete(cursor.number())
        break
      case 7: {
        const level = cursor.number()
        const number = cursor.number()
        const size = cursor.number()
        state.tables.set(number, {
          level,
          number,
          size,
          smallest: cursor.prefixed(),
          largest: cursor.prefixed(),
        })
        break
      }
      case 9:
        state.previousLogNumber = cursor.number()
        break
      default:
        return `it holds the unknown tag ${tag}`
    }
  }
  return cursor.failed ? 'a record is cut short' : undefined
}
