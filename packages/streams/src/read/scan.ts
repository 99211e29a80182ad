import { setImmediate as nextTurn } from 'node:timers/promises'
import { asBuffer } from '@forgeone/common'
import type { HotBlock } from '../block/hot-block.ts'
import type { BlockSummary } from '../block/hot-index-row.ts'
import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import { comparePositions, type Position } from '../entry/position.ts'
import type { RowPredicate } from '../query/match-row.ts'
import type { PlacedTopic } from '../shard/topic-directory.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockReader } from './block-reader.ts'
import type { EntryCodec } from './entry-codec.ts'
import { RowCursor } from './row-cursor.ts'

/** A scan that finds nothing must not hold the event loop longer than this. */
const TURN_MS = 8
/** Rows handed over at once; also how long the event loop waits at most, together with one block's decoding. */
const BATCH_ROWS_MAX = 1000

/** What a scan looks for. Bounds that are absent do not bound. */
export interface ScanRequest {
  readonly topics: readonly PlacedTopic[]
  readonly timeFrom: number
  /** Exclusive. */
  readonly timeTo: number
  /** -1: every level. */
  readonly levelMask: number
  /** All of them occur in the text of a row wanted. */
  readonly literals: readonly Uint8Array[]
  readonly rowTest: RowPredicate | undefined
  /** Entries after this one only. */
  readonly after?: Position | undefined
  /** Entries up to and including this one only. */
  readonly upTo?: Position | undefined
  readonly reverse: boolean
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** What a scan did, filled while it runs. */
export interface ScanFigures {
  blocksConsidered: number
  blocksRead: number
  bytesRead: number
  rowsScanned: number
  rowsReturned: number
}

interface Candidate {
  readonly shard: Shard
  readonly summary: BlockSummary
}

export interface ScanContext<Entry> {
  readonly reader: BlockReader
  readonly codec: EntryCodec<Entry>
  readonly figures: ScanFigures
}

/** Entries that a request asks for, in the order of their positions, a batch at a time. */
export async function* scanBatches<Entry>(
  request: ScanRequest,
  context: ScanContext<Entry>,
): AsyncGenerator<readonly Entry[]> {
  if (request.limit <= 0) return
  const candidates = findCandidates(request, context.figures)
  const topicIds = topicsByShard(request.topics)
  let left = request.limit
  let turnStartedMs = performance.now()
  for (const { shard, summary } of candidates) {
    if (performance.now() - turnStartedMs > TURN_MS) {
      await nextTurn()
      turnStartedMs = performance.now()
    }
    request.signal?.throwIfAborted()
    // A search is often followed by a finer one over the same blocks; plain reading moves on.
    const block =
      request.literals.length > 0 || request.rowTest !== undefined
        ? context.reader.readInSearch(shard, summary)
        : context.reader.readOnce(shard, summary)
    context.figures.blocksRead++
    context.figures.bytesRead += summary.storedBytes
    for (const batch of matchBlock({ block, shard, topics: topicIds.get(shard)!, request, context, left })) {
      left -= batch.length
      context.figures.rowsReturned += batch.length
      yield batch
      request.signal?.throwIfAborted()
    }
    if (left <= 0) return
  }
}

function topicsByShard(topics: readonly PlacedTopic[]): Map<Shard, Map<number, string>> {
  const byShard = new Map<Shard, Map<number, string>>()
  for (const { shard, topic } of topics) {
    const names = byShard.get(shard)
    if (names === undefined) byShard.set(shard, new Map([[topic.id, topic.name]]))
    else names.set(topic.id, topic.name)
  }
  return byShard
}

/** The blocks that may hold what is wanted, in the order of positions. */
function findCandidates(request: ScanRequest, figures: ScanFigures): readonly Candidate[] {
  const candidates: Candidate[] = []
  for (const [shard, names] of topicsByShard(request.topics)) {
    for (const index of blockIndexes(shard, names)) {
      const summary = shard.blocks[index]!
      figures.blocksConsidered++
      if (mayMatch({ shard, summary }, names, request)) candidates.push({ shard, summary })
    }
  }
  candidates.sort(
    (left, right) =>
      left.summary.commitSequence - right.summary.commitSequence ||
      left.shard.number - right.shard.number ||
      left.summary.firstSequence - right.summary.firstSequence,
  )
  return request.reverse ? candidates.reverse() : candidates
}

/** Places of the blocks with any of the topics, each once, ascending. */
function blockIndexes(shard: Shard, names: ReadonlyMap<number, string>): Iterable<number> {
  if (names.size === shard.topics.size) return shard.blocks.keys()
  if (names.size === 1) return shard.topics.get([...names.keys()][0]!)!.blocks
  const all = new Set<number>()
  for (const id of names.keys()) for (const index of shard.topics.get(id)!.blocks) all.add(index)
  return [...all].sort((left, right) => left - right)
}

function mayMatch(
  { shard, summary }: Candidate,
  names: ReadonlyMap<number, string>,
  request: ScanRequest,
): boolean {
  if (summary.maxTimestamp < request.timeFrom || summary.minTimestamp >= request.timeTo) return false
  if ((summary.levelMask & request.levelMask) === 0) return false
  const { after, upTo } = request
  const { commitSequence, firstSequence, count } = summary
  const first = { commitSequence, shard: shard.number, sequence: firstSequence }
  if (after !== undefined && comparePositions({ ...first, sequence: firstSequence + count - 1 }, after) <= 0)
    return false
  if (upTo !== undefined && comparePositions(first, upTo) > 0) return false
  // A block of several topics may have the times of another one.
  return summary.runs.some(
    (run) =>
      names.has(run.topicId) && run.maxTimestamp >= request.timeFrom && run.minTimestamp < request.timeTo,
  )
}

interface MatchInput<Entry> {
  readonly block: HotBlock
  readonly shard: Shard
  readonly topics: ReadonlyMap<number, string>
  readonly request: ScanRequest
  readonly context: ScanContext<Entry>
  readonly left: number
}

function* matchBlock<Entry>(input: MatchInput<Entry>): Generator<readonly Entry[]> {
  const { block, shard, topics, request, context } = input
  const { codec, figures } = context
  const prefix = entryIdPrefix({ commitTime: block.commitTime, shard: shard.number })
  const idOf = (row: number): string =>
    block.columns.clientId(row) ??
    entryId(prefix, { sequence: block.firstSequence + row, topicId: block.topicIdOf(row) })
  const cursor = new RowCursor({ block, topics, idOf })
  const holds = boundsTest({ block, shard, request })
  let batch: Entry[] = []
  let left = input.left
  figures.rowsScanned += block.count
  for (const row of candidateRows(block, request)) {
    const topic = topics.get(block.topicIdOf(row))
    if (topic === undefined || holds?.(row) === false) continue
    if (request.rowTest !== undefined && !request.rowTest(cursor.at(row))) continue
    batch.push(codec.decode({ block, row, topic, id: idOf(row) }))
    if (--left === 0) break
    if (batch.length === BATCH_ROWS_MAX) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** Which bounds a block does not meet as a whole, so that rows are tested only for those. */
function boundsTest({
  block,
  shard,
  request,
}: Pick<MatchInput<unknown>, 'block' | 'shard' | 'request'>): ((row: number) => boolean) | undefined {
  const tests: ((row: number) => boolean)[] = []
  const { timeFrom, timeTo, levelMask, after, upTo } = request
  if (timeFrom !== Number.NEGATIVE_INFINITY || timeTo !== Number.POSITIVE_INFINITY) {
    const { timestamps } = block.columns
    tests.push((row) => timestamps[row]! >= timeFrom && timestamps[row]! < timeTo)
  }
  if (levelMask !== -1) {
    const { levels } = block.columns
    tests.push((row) => ((levelMask >>> levels[row]!) & 1) === 1)
  }
  if (after !== undefined || upTo !== undefined) {
    tests.push((row) => {
      const position = {
        commitSequence: block.commitSequence,
        shard: shard.number,
        sequence: block.firstSequence + row,
      }
      if (after !== undefined && comparePositions(position, after) <= 0) return false
      return upTo === undefined || comparePositions(position, upTo) <= 0
    })
  }
  if (tests.length <= 1) return tests[0]
  return (row) => tests.every((test) => test(row))
}

/** Rows that hold every literal, or all rows; in the direction of the scan. */
function* candidateRows(block: HotBlock, request: ScanRequest): Generator<number> {
  if (request.literals.length === 0) {
    if (request.reverse) for (let row = block.count - 1; row >= 0; row--) yield row
    else for (let row = 0; row < block.count; row++) yield row
    return
  }
  if (!request.reverse) {
    yield* rowsWithLiterals(block, request.literals)
    return
  }
  yield* [...rowsWithLiterals(block, request.literals)].reverse()
}

/** Finds the longest literal over the whole text column at once, then looks for the others in the rows that hit. */
function* rowsWithLiterals(block: HotBlock, literals: readonly Uint8Array[]): Generator<number> {
  const [longest, ...others] = literals.toSorted((left, right) => right.length - left.length)
  const { textOffsets, count } = block.columns
  const text = asBuffer(block.columns.text)
  let row = 0
  for (let at = text.indexOf(longest!); at !== -1;) {
    while (row < count && textOffsets[row + 1]! <= at) row++
    const end = textOffsets[row + 1]!
    if (at + longest!.length > end) {
      // The hit straddles two rows.
      at = text.indexOf(longest!, at + 1)
      continue
    }
    const line = asBuffer(block.columns.textBytes(row))
    if (others.every((literal) => line.indexOf(literal) !== -1)) yield row
    at = text.indexOf(longest!, end)
  }
}
