/** Row `m | size`: what is in memory at that size; `docs/format.md`, "Audit database". */
import { ByteReader, ByteWriter, equalBytes, isForgeError, utf8Decode } from '@forgeone/common'
import { HASH_BYTES, leafHash } from '@forgeone/merkle'
import { compressEntries, decompressEntries } from '../bundle/compress-entries.ts'
import { splitEntries } from '../bundle/entry-form.ts'
import { hashesOnLevel, TILE_WIDTH, tileLevels } from '../tree/tile-path.ts'
import { GrowingLog } from './growing-log.ts'

/** Settled states kept: recovery begins at one of the last two. */
export const STATES_KEPT = 2

const STATE_VERSION = 1

/** `01 | size u64 | root 32 | levels u8 | each: width u8, width hashes | zstd of the entries since the last bundle` */
export function encodeState(log: GrowingLog): Uint8Array {
  const levels = log.edgeLevels()
  const writer = new ByteWriter().u8(STATE_VERSION).u64(log.size).bytes(log.root()).u8(levels.length)
  for (const hashes of levels) writer.u8(hashes.length / HASH_BYTES).bytes(hashes)
  return writer.bytes(compressEntries(log.openEntries())).finish()
}

/** @returns undefined when the row is not what `encodeState` made at this size: its leaves, tiles and root must agree */
export function decodeState(row: Uint8Array, size: number): GrowingLog | undefined {
  try {
    const reader = new ByteReader(row, { code: 'AUDIT_DIVERGED', what: 'the state of the audit log' })
    if (reader.u8() !== STATE_VERSION || reader.u64() !== size) return undefined
    const root = reader.bytes(HASH_BYTES)
    const levels = Array.from({ length: reader.u8() }, () => reader.bytes(reader.u8() * HASH_BYTES))
    const entries = splitEntries(decompressEntries(reader.rest()) ?? Uint8Array.of(0))
    if (entries === undefined || !isWhole({ size, levels, entries })) return undefined
    const log = GrowingLog.restore({ size, levels, leaves: entries.map(utf8Decode) })
    return equalBytes(log.root(), root) ? log : undefined
  } catch (error) {
    if (isForgeError(error)) return undefined
    throw error
  }
}

/** Every edge tile has the width that the size asks for, and level 0 the hashes of the leaves. */
function isWhole(o: {
  size: number
  levels: readonly Uint8Array[]
  entries: readonly Uint8Array[]
}): boolean {
  const { size, levels, entries } = o
  if (levels.length !== tileLevels(size) || entries.length !== size % TILE_WIDTH) return false
  const hasWidths = levels.every(
    (hashes, level) => hashes.length === (hashesOnLevel(size, level) % TILE_WIDTH) * HASH_BYTES,
  )
  return (
    hasWidths &&
    entries.every((entry, at) =>
      equalBytes(leafHash(entry), levels[0]!.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)),
    )
  )
}

/** Stands in for a state that is lost: it has the size, and hashes of nothing. Such a log signs nothing. */
export function unknownState(size: number): GrowingLog {
  const levels = Array.from(
    { length: tileLevels(size) },
    (_, level) => new Uint8Array((hashesOnLevel(size, level) % TILE_WIDTH) * HASH_BYTES),
  )
  return GrowingLog.restore({ size, levels, leaves: Array.from({ length: size % TILE_WIDTH }, () => '') })
}
