import { ByteReader, ByteWriter, copyBytes, utf8Encode } from '@forgeone/common'
import type { Sealer } from '@forgeone/crypto'

/**
 * Says up to which commit every database has its rows in synced tables. Kept sealed in `journal/flush-point`.
 * Losing the file is harmless: every segment still present is replayed then.
 */
export interface FlushPoint {
  /** All commits up to and including this one are in synced tables. */
  readonly sequence: number
  /** Commit time of `sequence`: later commits never show an earlier one, whatever the clock says. */
  readonly time: number
  /** Digest of the frame that holds `sequence` as its last commit. */
  readonly digest: Uint8Array
  /** The store was closed right after; no frame follows and `databases` describes the files as they lie there. */
  readonly closed: boolean
  readonly databases: readonly DatabaseState[]
}

/** What the files of one database must look like: a lost MANIFEST record or table shows as a difference. */
export interface DatabaseState {
  readonly name: string
  readonly manifestNumber: number
  readonly manifestBytes: number
  /** SHA-256 over the sorted (number, size) list of live tables; only compared after a clean close. */
  readonly tablesDigest: Uint8Array
  /** SHA-256 over the logs of LevelDB, as a rule of nothing; only told and compared after a clean close. */
  readonly logsDigest: Uint8Array
}

const FLUSH_POINT_VERSION = 2
const KEY = utf8Encode('flush-point')

export function encodeFlushPoint(point: FlushPoint, sealer: Sealer): Uint8Array {
  const writer = new ByteWriter()
    .u8(FLUSH_POINT_VERSION)
    .u64(point.sequence)
    .u48(point.time)
    .bytes(point.digest)
    .u8(point.closed ? 1 : 0)
  writer.varint(point.databases.length)
  for (const state of point.databases) {
    writer.text(state.name).u64(state.manifestNumber).u64(state.manifestBytes)
    writer.bytes(state.tablesDigest).bytes(state.logsDigest)
  }
  return sealer.seal(KEY, writer.view())
}

/** @throws CRYPTO_OPEN_FAILED, CRYPTO_FORMAT or JOURNAL_DAMAGED when the bytes are not an authentic flush point */
export function decodeFlushPoint(bytes: Uint8Array, sealer: Sealer): FlushPoint {
  const reader = new ByteReader(sealer.open(KEY, bytes), { code: 'JOURNAL_DAMAGED', what: 'the flush point' })
  const version = reader.u8()
  if (version !== FLUSH_POINT_VERSION) throw reader.failure(`the unknown version ${version}`)
  const sequence = reader.u64()
  const time = reader.u48()
  const digest = copyBytes(reader.bytes(32))
  const closed = reader.u8() === 1
  const databases: DatabaseState[] = []
  for (let count = reader.varint(); count > 0; count--) {
    databases.push({
      name: reader.text(),
      manifestNumber: reader.u64(),
      manifestBytes: reader.u64(),
      tablesDigest: copyBytes(reader.bytes(32)),
      logsDigest: copyBytes(reader.bytes(32)),
    })
  }
  reader.end()
  return { sequence, time, digest, closed, databases }
}
