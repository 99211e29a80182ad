import { encodeTokenFilter } from '../filter/token-filter.ts'
import type { SectionLevel } from '../block/block-summary.ts'
import { encodeSection } from '../section/encode-section.ts'
import type { SectionRows } from '../section/section-rows.ts'

export interface EncodeRequest {
  readonly sections: readonly (SectionRows | undefined)[]
  readonly level: SectionLevel
  /** Of the filters. */
  readonly seed: number
}

export interface EncodedSection {
  /** Empty: the rows are left out. */
  readonly bytes: Uint8Array
  readonly filter: Uint8Array | undefined
  readonly templateCount: number
  /** The template encoding did not give the rows back, and plain columns were stored instead. */
  readonly fallback: boolean
}

const NOTHING: EncodedSection = {
  bytes: new Uint8Array(0),
  filter: undefined,
  templateCount: 0,
  fallback: false,
}

/** All that takes time of a compaction: pure, so that it can run in a worker. */
export function encodeBlock({ sections, level, seed }: EncodeRequest): readonly EncodedSection[] {
  return sections.map((rows, index) => {
    if (rows === undefined) return NOTHING
    const encoded = encodeSection(rows, { level })
    const texts = [{ text: rows.text, offsets: rows.textOffsets }]
    const filter = encodeTokenFilter(texts, { seed: seed + index, storedBytes: encoded.bytes.length })
    return { ...encoded, filter }
  })
}
