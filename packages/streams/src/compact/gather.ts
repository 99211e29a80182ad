import { assert, ByteWriter, Turn } from '@forgeone/common'
import type { SectionRows } from '@forgeone/log-codec'
import { endSequence, type RunSummary, type StoredBlockSummary } from '../block/block-summary.ts'
import type { BlockTable, CommitRows } from '../block/block-table.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { rawBytesOf } from '../entry/raw-bytes.ts'
import type { Soon } from '../read/soon.ts'
import { SHARED_SECTION_RAW_BYTES, THIN_TOPIC_RAW_BYTES } from './compaction-limits.ts'

/** Stands for a run whose rows are left out. */
const NO_SECTION = -1

export interface GatheredRun extends RunSummary {
  readonly section: number
}

/** The rows of a new cold block, sorted into sections. */
export interface GatheredBlock {
  readonly firstSequence: number
  readonly count: number
  readonly table: BlockTable
  readonly runs: readonly GatheredRun[]
  /** Undefined: the rows are left out. */
  readonly sections: readonly (SectionRows | undefined)[]
  readonly sectionCounts: readonly number[]
  readonly minTimestamp: number
  readonly maxTimestamp: number
  readonly levelMask: number
  readonly rawBytes: number
}

export interface GatherInput {
  /** Neighbours in the order of their sequences, within the limits of a cold block. */
  readonly sources: readonly StoredBlockSummary[]
  readonly read: (summary: StoredBlockSummary) => Soon<DecodedBlock>
  /** False for entries that were removed or that retention lets go. */
  readonly keeps: (topicId: number, sequence: number, timestamp: number) => boolean
}

/** Reads blocks and sorts their rows by topic. What is not kept leaves a gap in the sequences, nothing else. */
export async function gatherBlock({ sources, read, keeps }: GatherInput): Promise<GatheredBlock> {
  const first = sources[0]!
  const count = endSequence(sources.at(-1)!) - first.firstSequence
  const topics = new Map<number, TopicRows>()
  const dropped = new Map<number, number>()
  const topicOfRow = new Float64Array(count)
  const isDropped = new Uint8Array(count)
  const commits: { sequence: number; time: number; count: number }[] = []
  let at = 0
  const turn = new Turn()
  for (const summary of sources) {
    const block = await read(summary)
    assert(block.firstSequence === first.firstSequence + at, 'sources are neighbours')
    for (let row = 0; row < block.count; row++, at++) {
      addCommit(commits, block.commitSequenceOf(row), block.commitTimeOf(row))
      const topicId = block.topicIdOf(row)
      topicOfRow[at] = topicId
      if (block.isRemoved(row) || !keeps(topicId, block.firstSequence + row, block.timestampOf(row))) {
        isDropped[at] = 1
        dropped.set(topicId, (dropped.get(topicId) ?? 0) + 1)
        continue
      }
      let rows = topics.get(topicId)
      if (rows === undefined) {
        rows = new TopicRows(topicId)
        topics.set(topicId, rows)
      }
      rows.add(block, row)
    }
    await turn.giveWay()
  }
  return assemble({
    firstSequence: first.firstSequence,
    count,
    commits,
    topics,
    dropped,
    topicOfRow,
    isDropped,
  })
}

function addCommit(
  commits: { sequence: number; time: number; count: number }[],
  sequence: number,
  time: number,
): void {
  const last = commits.at(-1)
  if (last?.sequence === sequence) last.count++
  else commits.push({ sequence, time, count: 1 })
}

interface Assembly {
  readonly firstSequence: number
  readonly count: number
  readonly commits: readonly CommitRows[]
  readonly topics: ReadonlyMap<number, TopicRows>
  readonly dropped: ReadonlyMap<number, number>
  readonly topicOfRow: Float64Array
  readonly isDropped: Uint8Array
}

function assemble(from: Assembly): GatheredBlock {
  const groups = groupTopics([...from.topics.values()])
  const runs: GatheredRun[] = []
  const runOfTopic = new Map<number, number>()
  const droppedRunOfTopic = new Map<number, number>()
  for (const [section, group] of groups.entries()) {
    for (const rows of group) {
      runOfTopic.set(rows.topicId, runs.length)
      runs.push({ ...rows.summary, section })
    }
  }
  const sections: (SectionRows | undefined)[] = []
  const sectionCounts: number[] = []
  for (const group of groups) {
    sections.push(group.length === 1 ? group[0]!.finish() : undefined)
    sectionCounts.push(group.reduce((sum, rows) => sum + rows.count, 0))
  }
  if (from.dropped.size > 0) {
    for (const [topicId, count] of from.dropped) {
      droppedRunOfTopic.set(topicId, runs.length)
      const empty = { rawBytes: 0, minTimestamp: 0, maxTimestamp: 0 }
      runs.push({ topicId, count, ...empty, section: groups.length })
    }
    sections.push(undefined)
    sectionCounts.push([...from.dropped.values()].reduce((sum, count) => sum + count, 0))
  }
  const runOfRow = Uint32Array.from(from.topicOfRow, (topicId, row) =>
    from.isDropped[row] === 1 ? droppedRunOfTopic.get(topicId)! : runOfTopic.get(topicId)!,
  )
  // Rows of topics that share a section stand in it in the order of their sequences.
  for (const [section, group] of groups.entries()) {
    if (group.length > 1) sections[section] = mergeTopics(group, from)
  }
  const kept = [...from.topics.values()]
  const least = Math.min(...kept.map(({ summary }) => summary.minTimestamp), Number.POSITIVE_INFINITY)
  return {
    firstSequence: from.firstSequence,
    count: from.count,
    table: { commits: from.commits, runOfRow },
    runs: runs.map((run) =>
      run.section === groups.length ? { ...run, minTimestamp: least, maxTimestamp: least } : run,
    ),
    sections,
    sectionCounts,
    minTimestamp: least,
    maxTimestamp: kept.reduce((most, { summary }) => Math.max(most, summary.maxTimestamp), least),
    levelMask: kept.reduce((mask, rows) => mask | rows.levelMask, 0) >>> 0,
    rawBytes: kept.reduce((sum, { summary }) => sum + summary.rawBytes, 0),
  }
}

/** Every topic with enough rows has a section; the others share, in the order of their first row. */
function groupTopics(topics: readonly TopicRows[]): readonly (readonly TopicRows[])[] {
  const groups: TopicRows[][] = []
  let shared: TopicRows[] | undefined
  let sharedBytes = 0
  for (const rows of topics) {
    if (rows.summary.rawBytes >= THIN_TOPIC_RAW_BYTES) {
      groups.push([rows])
      continue
    }
    if (shared === undefined || sharedBytes + rows.summary.rawBytes > SHARED_SECTION_RAW_BYTES) {
      shared = []
      sharedBytes = 0
      groups.push(shared)
    }
    shared.push(rows)
    sharedBytes += rows.summary.rawBytes
  }
  return groups
}

function mergeTopics(group: readonly TopicRows[], { topicOfRow, isDropped }: Assembly): SectionRows {
  const sources = new Map(group.map((rows) => [rows.topicId, { rows: rows.finish(), next: 0 }]))
  const merged = new TopicRows(NO_SECTION)
  for (let row = 0; row < topicOfRow.length; row++) {
    if (isDropped[row] === 1) continue
    const source = sources.get(topicOfRow[row]!)
    if (source !== undefined) merged.addRow(source.rows, source.next++)
  }
  return merged.finish()
}

/** Columns of the rows of one topic, as they grow. */
class TopicRows {
  readonly topicId: number
  readonly #text = new ByteWriter(64 * 1024)
  readonly #timestamps: number[] = []
  readonly #levels: number[] = []
  readonly #kinds: number[] = []
  readonly #ends: number[] = []
  readonly #metadata = new Map<number, string>()
  readonly #ids = new Map<number, string>()
  readonly #markers = new Map<number, string>()
  #hasKinds = false
  #rawBytes = 0
  #minTimestamp = Number.POSITIVE_INFINITY
  #maxTimestamp = Number.NEGATIVE_INFINITY
  levelMask = 0

  constructor(topicId: number) {
    this.topicId = topicId
  }

  get count(): number {
    return this.#ends.length
  }

  get summary(): RunSummary {
    return {
      topicId: this.topicId,
      count: this.count,
      rawBytes: this.#rawBytes,
      minTimestamp: this.#minTimestamp,
      maxTimestamp: this.#maxTimestamp,
    }
  }

  add(block: DecodedBlock, row: number): void {
    const kind = TEXT_KIND_CODES[block.textKindOf(row)]
    this.#push(block.timestampOf(row), block.levelOf(row), kind, block.textBytesOf(row))
    this.#pushSparse(block.metadataOf(row), block.clientIdOf(row), block.markerOf(row))
  }

  addRow(rows: SectionRows, row: number): void {
    const text = rows.text.subarray(rows.textOffsets[row]!, rows.textOffsets[row + 1]!)
    this.#push(rows.timestamps[row]!, rows.levels[row]!, rows.textKinds?.[row] ?? 0, text)
    this.#pushSparse(rows.metadata.get(row), rows.ids.get(row), rows.markers.get(row))
  }

  finish(): SectionRows {
    const textOffsets = new Uint32Array(this.count + 1)
    for (const [row, end] of this.#ends.entries()) textOffsets[row + 1] = end
    return {
      count: this.count,
      offsets: undefined,
      timestamps: Float64Array.from(this.#timestamps),
      levels: Uint8Array.from(this.#levels),
      textKinds: this.#hasKinds ? Uint8Array.from(this.#kinds) : undefined,
      text: this.#text.finish(),
      textOffsets,
      metadata: this.#metadata,
      ids: this.#ids,
      markers: this.#markers,
    }
  }

  #push(timestamp: number, level: number, kind: number, text: Uint8Array): void {
    this.#timestamps.push(timestamp)
    this.#levels.push(level)
    this.#kinds.push(kind)
    if (kind !== 0) this.#hasKinds = true
    this.#text.bytes(text)
    this.#ends.push(this.#text.length)
    this.#rawBytes += rawBytesOf(text.length, undefined)
    if (timestamp < this.#minTimestamp) this.#minTimestamp = timestamp
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.levelMask |= 1 << level
  }

  #pushSparse(metadata: string | undefined, id: string | undefined, marker: string | undefined): void {
    const row = this.count - 1
    if (metadata !== undefined) {
      this.#metadata.set(row, metadata)
      this.#rawBytes += rawBytesOf(0, metadata) - rawBytesOf(0, undefined)
    }
    if (id !== undefined) this.#ids.set(row, id)
    if (marker !== undefined) this.#markers.set(row, marker)
  }
}

const TEXT_KIND_CODES = { message: 0, json: 1, bytes: 2 } as const
