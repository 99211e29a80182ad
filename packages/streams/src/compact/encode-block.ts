import { Turn } from '@forgeone/common'
import { encodeSection, type SectionLevel, type SectionRows } from '@forgeone/log-codec'
import { encodeTokenFilter } from '../filter/token-filter.ts'

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
export function encodeBlock(request: EncodeRequest): readonly EncodedSection[] {
  return [...encodeSections(request)].filter((section) => section !== undefined)
}

/** The same beside everything else that goes on: a section, or a filter, in each turn. */
export async function encodeBlockInTurns(request: EncodeRequest): Promise<readonly EncodedSection[]> {
  const turn = new Turn()
  const encoded: EncodedSection[] = []
  for (const section of encodeSections(request)) {
    if (section !== undefined) encoded.push(section)
    await turn.next()
  }
  return encoded
}

/** Each section once it is done, and undefined where others may have a turn. */
function* encodeSections({ sections, level, seed }: EncodeRequest): Generator<EncodedSection | undefined> {
  for (const [index, rows] of sections.entries()) {
    if (rows === undefined) {
      yield NOTHING
      continue
    }
    const encoded = encodeSection(rows, { level })
    yield undefined
    const texts = [{ text: rows.text, offsets: rows.textOffsets }]
    const filter = encodeTokenFilter(texts, { seed: seed + index, storedBytes: encoded.bytes.length })
    yield { ...encoded, filter }
  }
}
