import { encodeColdIndexRow } from '../block/cold-index-row.ts'
import { hasFilters } from '../filter/filters-row.ts'
import { SEAL_BYTES, sealedBytes } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'

/** Sealed bytes of the cold blocks, by what they are for. */
export interface ColdBytes {
  readonly rawBytes: number
  /** Sections and tables. */
  readonly blockBytes: number
  readonly indexBytes: number
  readonly filterBytes: number
}

export function coldBytesOf(shards: readonly Shard[]): ColdBytes {
  let rawBytes = 0
  let blockBytes = 0
  let indexBytes = 0
  let filterBytes = 0
  for (const { blocks } of shards) {
    for (const block of blocks) {
      if (block.kind !== 'cold') continue
      rawBytes += block.rawBytes
      blockBytes += sealedBytes(block.tableBytes)
      indexBytes += encodeColdIndexRow(block).length + SEAL_BYTES
      for (const section of block.sections) {
        blockBytes += sealedBytes(section.bytes)
        filterBytes += section.filterBytes
      }
      if (hasFilters(block)) filterBytes += SEAL_BYTES
    }
  }
  return { rawBytes, blockBytes, indexBytes, filterBytes }
}
