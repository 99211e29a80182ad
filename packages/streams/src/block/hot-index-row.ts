import { ByteReader, ByteWriter } from '@forgeone/common'
import type { HotSummary, RunSummary } from './block-summary.ts'

const ROW_VERSION = 1

export function encodeHotIndexRow(summary: HotSummary): Uint8Array {
  const out = new ByteWriter(64 + summary.runs.length * 16)
  out.u8(ROW_VERSION).varint(summary.count).u64(summary.commitSequence).u48(summary.commitTime)
  out.zigzag(summary.minTimestamp).varint(summary.maxTimestamp - summary.minTimestamp)
  out
    .u32(summary.levelMask >>> 0)
    .varint(summary.rawBytes)
    .varint(summary.storedBytes)
  out.varint(summary.runs.length)
  for (const run of summary.runs) {
    out.varint(run.topicId).varint(run.count).varint(run.rawBytes)
    out.varint(run.minTimestamp - summary.minTimestamp).varint(run.maxTimestamp - run.minTimestamp)
  }
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeHotIndexRow(firstSequence: number, bytes: Uint8Array): HotSummary {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a hot index row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const count = from.varint()
  const commitSequence = from.u64()
  const commitTime = from.u48()
  const minTimestamp = from.zigzag()
  const maxTimestamp = minTimestamp + from.varint()
  const levelMask = from.u32()
  const rawBytes = from.varint()
  const storedBytes = from.varint()
  const runs: RunSummary[] = []
  for (let left = from.varint(); left > 0; left--) {
    const topicId = from.varint()
    const runCount = from.varint()
    const runRawBytes = from.varint()
    const runMin = minTimestamp + from.varint()
    runs.push({
      topicId,
      count: runCount,
      rawBytes: runRawBytes,
      minTimestamp: runMin,
      maxTimestamp: runMin + from.varint(),
    })
  }
  from.end()
  return {
    kind: 'hot',
    firstSequence,
    count,
    commitSequence,
    lastCommitSequence: commitSequence,
    commitTime,
    lastCommitTime: commitTime,
    minTimestamp,
    maxTimestamp,
    levelMask,
    rawBytes,
    storedBytes,
    runs,
  }
}
