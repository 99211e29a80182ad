import { concatBytes, ForgeError } from '@forgeone/common'
import type { SectionSummary } from '../block/block-summary.ts'

/** The filters of a block's sections back to back: one value, so that a search reads one row for each block. */
export function joinFilters(filters: readonly (Uint8Array | undefined)[]): Uint8Array {
  return concatBytes(filters.filter((filter) => filter !== undefined))
}

/** Their bytes by section; empty for a section without. @throws STREAM_BLOCK_DAMAGED */
export function splitFilters(
  value: Uint8Array,
  sections: readonly Pick<SectionSummary, 'filterBytes'>[],
): readonly Uint8Array[] {
  let offset = 0
  const filters = sections.map(({ filterBytes }) => {
    offset += filterBytes
    return value.subarray(offset - filterBytes, offset)
  })
  if (offset !== value.length)
    throw new ForgeError('STREAM_BLOCK_DAMAGED', 'filters of another length than the index row says')
  return filters
}

export function hasFilters({
  sections,
}: {
  readonly sections: readonly Pick<SectionSummary, 'filterBytes'>[]
}): boolean {
  return sections.some((section) => section.filterBytes > 0)
}
