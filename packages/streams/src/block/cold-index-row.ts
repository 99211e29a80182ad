import { ByteReader, ByteWriter } from '@forgeone/common'
import type { SectionLevel } from '@forgeone/log-codec'
import type { ColdRunSummary, ColdSummary, RemovedSummary, SectionSummary } from './block-summary.ts'

const ROW_VERSION = 1
const LEVELS: readonly SectionLevel[] = ['fast', 'default', 'max']

export function encodeColdIndexRow(summary: ColdSummary): Uint8Array {
  const out = new ByteWriter(96 + summary.runs.length * 16 + summary.sections.length * 10)
  out.u8(ROW_VERSION).u8(LEVELS.indexOf(summary.level)).varint(summary.count)
  out.varint(summary.commitSequence).varint(summary.lastCommitSequence - summary.commitSequence)
  out.u48(summary.commitTime).varint(summary.lastCommitTime - summary.commitTime)
  out.zigzag(summary.minTimestamp).varint(summary.maxTimestamp - summary.minTimestamp)
  out
    .u32(summary.levelMask >>> 0)
    .varint(summary.rawBytes)
    .varint(summary.storedBytes)
  out.varint(summary.tableBytes).varint(summary.sections.length)
  for (const section of summary.sections) {
    out.varint(section.count).varint(section.bytes).varint(section.filterBytes).varint(section.templateCount)
  }
  out.varint(summary.runs.length)
  for (const run of summary.runs) {
    out.varint(run.topicId).varint(run.section).varint(run.count).varint(run.rawBytes)
    out.varint(run.minTimestamp - summary.minTimestamp).varint(run.maxTimestamp - run.minTimestamp)
  }
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeColdIndexRow(firstSequence: number, bytes: Uint8Array): ColdSummary {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a cold index row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const level = LEVELS[from.u8()]
  if (level === undefined) throw from.failure('an unknown level')
  const count = from.varint()
  const commitSequence = from.varint()
  const lastCommitSequence = commitSequence + from.varint()
  const commitTime = from.u48()
  const lastCommitTime = commitTime + from.varint()
  const minTimestamp = from.zigzag()
  const maxTimestamp = minTimestamp + from.varint()
  const levelMask = from.u32()
  const rawBytes = from.varint()
  const storedBytes = from.varint()
  const tableBytes = from.varint()
  const sections = readSections(from)
  const runs = readRuns(from, minTimestamp, sections.length)
  from.end()
  return {
    kind: 'cold',
    level,
    firstSequence,
    count,
    commitSequence,
    lastCommitSequence,
    commitTime,
    lastCommitTime,
    minTimestamp,
    maxTimestamp,
    levelMask,
    rawBytes,
    storedBytes,
    tableBytes,
    sections,
    runs,
  }
}

function readSections(from: ByteReader): readonly SectionSummary[] {
  const sections: SectionSummary[] = []
  for (let left = from.varint(); left > 0; left--) {
    const count = from.varint()
    const bytes = from.varint()
    const filterBytes = from.varint()
    sections.push({ count, bytes, filterBytes, templateCount: from.varint() })
  }
  return sections
}

function readRuns(from: ByteReader, minTimestamp: number, sections: number): readonly ColdRunSummary[] {
  const runs: ColdRunSummary[] = []
  for (let left = from.varint(); left > 0; left--) {
    const topicId = from.varint()
    const section = from.varint()
    if (section >= sections) throw from.failure('a run of an unknown section')
    const count = from.varint()
    const rawBytes = from.varint()
    const least = minTimestamp + from.varint()
    runs.push({
      topicId,
      section,
      count,
      rawBytes,
      minTimestamp: least,
      maxTimestamp: least + from.varint(),
    })
  }
  return runs
}

/** What stays of blocks whose entries were all removed, so that a lost index row is not taken for a removal. */
export function encodeRemovedRow(summary: RemovedSummary): Uint8Array {
  const out = new ByteWriter(48).u8(ROW_VERSION).varint(summary.count)
  out.varint(summary.commitSequence).varint(summary.lastCommitSequence - summary.commitSequence)
  return out
    .u48(summary.commitTime)
    .varint(summary.lastCommitTime - summary.commitTime)
    .finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeRemovedRow(firstSequence: number, bytes: Uint8Array): RemovedSummary {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a row of removed blocks' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const count = from.varint()
  const commitSequence = from.varint()
  const lastCommitSequence = commitSequence + from.varint()
  const commitTime = from.u48()
  const lastCommitTime = commitTime + from.varint()
  from.end()
  return removedSummary({
    firstSequence,
    count,
    commitSequence,
    lastCommitSequence,
    commitTime,
    lastCommitTime,
  })
}

export function removedSummary(
  range: Pick<
    RemovedSummary,
    'firstSequence' | 'count' | 'commitSequence' | 'lastCommitSequence' | 'commitTime' | 'lastCommitTime'
  >,
): RemovedSummary {
  return {
    kind: 'removed',
    ...range,
    minTimestamp: Number.POSITIVE_INFINITY,
    maxTimestamp: Number.NEGATIVE_INFINITY,
    levelMask: 0,
    rawBytes: 0,
    storedBytes: 0,
    runs: [],
  }
}
