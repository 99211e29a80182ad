import { concatBytes, utf8Encode } from '@forgeone/common'
import type { SectionRows } from '../src/section-rows.ts'

/** Rows with these texts, a second apart. */
export function sectionRowsOf(
  texts: readonly (string | Uint8Array)[],
  changes: Partial<SectionRows> = {},
): SectionRows {
  const parts = texts.map((text) => (typeof text === 'string' ? utf8Encode(text) : text))
  const textOffsets = new Uint32Array(parts.length + 1)
  for (const [row, part] of parts.entries()) textOffsets[row + 1] = textOffsets[row]! + part.length
  return {
    count: parts.length,
    offsets: undefined,
    timestamps: Float64Array.from(parts, (_, row) => 1_700_000_000_000 + row * 1000),
    levels: new Uint8Array(parts.length).fill(9),
    textKinds: undefined,
    text: concatBytes(parts),
    textOffsets,
    metadata: new Map(),
    ids: new Map(),
    markers: new Map(),
    ...changes,
  }
}
