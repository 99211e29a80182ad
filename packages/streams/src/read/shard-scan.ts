import { eventLoopTurn } from '@forgeone/common'
import { endSequence, isDropped, type BlockSummary, type StoredBlockSummary } from '../block/block-summary.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { comparePositions, type Position } from '../entry/position.ts'
import { SearchPaused } from '../regex/step-budget.ts'
import type { Shard } from '../shard/shard.ts'
import { RowCursor } from './row-cursor.ts'
import { RowIds } from './row-ids.ts'
import type { FoundRow, ScanContext, ScanRequest } from './scan-request.ts'
import { isLater, whenThere, type Soon } from './soon.ts'

/** Rows that are tested before the clock is asked. */
const ROWS_PER_LOOK = 32

/** What is read of a block before its rows are looked at. */
interface ReadBlock {
  /** Those that can have a row wanted; undefined for a block that has none. */
  readonly sections: ReadonlySet<number> | undefined
  /** Undefined where no section can. */
  readonly block: DecodedBlock | undefined
}

/** The rows of one shard. The directory is asked anew for each block, so blocks may be rewritten meanwhile. */
export class ShardScan {
  readonly #shard: Shard
  readonly #topics: ReadonlyMap<number, string>
  readonly #request: ScanRequest
  readonly #context: ScanContext
  /** Sequences up to here (from here on, when backward) were dealt with. */
  #cursor: number
  #end: number
  #block: DecodedBlock | undefined
  #summary: StoredBlockSummary | undefined
  /** Of the next block, once it has come; undefined again where the block was rewritten meanwhile. */
  #arrived: { readonly summary: StoredBlockSummary; readonly read: ReadBlock | undefined } | undefined
  /** Rows of the block that may be wanted, ascending, and the place of the next one to look at. */
  #rows: ArrayLike<number> | undefined
  #at = 0
  /** Rows found and not yet taken. */
  #found: number[] = []
  #next = 0
  #holds: ((row: number) => boolean) | undefined
  #matches: ((row: number) => boolean) | undefined

  constructor(o: {
    shard: Shard
    topics: ReadonlyMap<number, string>
    request: ScanRequest
    context: ScanContext
  }) {
    this.#shard = o.shard
    this.#topics = o.topics
    this.#request = o.request
    this.#context = o.context
    const { after, upTo, reverse } = o.request
    const from = after === undefined ? 0 : startBehind(o.shard, after)
    const to = upTo === undefined ? o.shard.visibleEnd : endBehind(o.shard, upTo)
    this.#cursor = reverse ? to : from
    this.#end = reverse ? from : to
  }

  get hasRow(): boolean {
    return this.#next < this.#found.length
  }

  /** Of the row at hand. */
  get position(): Position {
    return this.#positionOf(this.#block!, this.#found[this.#next]!)
  }

  /** The row at hand. */
  take(): FoundRow {
    const row = this.#found[this.#next++]!
    const block = this.#block!
    return { block, row, shard: this.#shard, topic: this.#topics.get(block.topicIdOf(row))! }
  }

  /** Others had their turn: rows at hand of a block that was rewritten are looked for again where they are now. */
  refresh(): void {
    const block = this.#block
    const rows = this.#rows
    if (block === undefined || rows === undefined) return
    if (this.#shard.blockOf(block.firstSequence) === this.#summary) return
    const next = this.hasRow ? this.#found[this.#next]! : rows[this.#at]
    const { reverse } = this.#request
    if (next !== undefined) this.#cursor = block.firstSequence + next + (reverse ? 1 : 0)
    else this.#cursor = reverse ? block.firstSequence : block.firstSequence + block.count
    this.#rows = undefined
    this.#found = []
    this.#next = 0
  }

  /**
   * Looks for up to `rowsMax` rows: `nothing` when a block, or a turn, had none, so that a long search gives way. A promise when a
   * block must be waited for: after it, and after `refresh`, the question is asked again.
   */
  advance(rowsMax: number): 'rows' | 'nothing' | 'end' | Promise<void> {
    if (this.#rows === undefined) {
      const opened = this.#openNext()
      if (opened !== 'opened') return opened
    }
    const startedMs = performance.now()
    const isThrough = this.#findRows(rowsMax)
    this.#context.figures.matchMs += performance.now() - startedMs
    if (this.hasRow) return 'rows'
    if (!isThrough) return 'nothing'
    const block = this.#block!
    this.#cursor = this.#request.reverse ? block.firstSequence : block.firstSequence + block.count
    this.#rows = undefined
    return 'nothing'
  }

  /** @returns false when it stopped before it had looked at enough rows, because its turn is over */
  #findRows(rowsMax: number): boolean {
    const found: number[] = []
    const rows = this.#rows!
    const holds = this.#holds
    const matches = this.#matches
    const step = this.#request.reverse ? -1 : 1
    this.#request.budget?.refill()
    let looked = 0
    let at = this.#at
    try {
      for (; at >= 0 && at < rows.length && found.length < rowsMax; at += step) {
        if (++looked % ROWS_PER_LOOK === 0 && eventLoopTurn.isOver) return false
        const row = rows[at]!
        if (holds !== undefined && !holds(row)) continue
        if (matches !== undefined && !matches(row)) continue
        found.push(row)
      }
      return true
    } catch (error) {
      // Within a long row: it is tested again, and its searches go on where they were.
      if (error instanceof SearchPaused) return false
      throw error
    } finally {
      this.#at = at
      this.#found = found
      this.#next = 0
    }
  }

  #openNext(): 'opened' | 'nothing' | 'end' | Promise<void> {
    const summary = this.#nextCandidate()
    if (summary === undefined) return 'end'
    const arrived = this.#arrived
    this.#arrived = undefined
    const { figures } = this.#context
    if (arrived === undefined) figures.blocksConsidered++
    const read = (arrived?.summary === summary ? arrived.read : undefined) ?? this.#read(summary)
    if (isLater(read)) return this.#waitFor(read, summary)
    const { block, sections } = read
    if (block === undefined) {
      figures.blocksSkippedByFilter++
      this.#passOver(summary)
      return 'nothing'
    }
    figures.blocksRead++
    figures.bytesRead += summary.storedBytes
    figures.rowsScanned += summary.count
    this.#block = block
    this.#summary = summary
    // Where there are literals, this reads the sections that are to be searched.
    const startedMs = performance.now()
    this.#prepare(block, summary, sections)
    figures.readMs += performance.now() - startedMs
    return 'opened'
  }

  #read(summary: StoredBlockSummary): Soon<ReadBlock> {
    const { reader, figures } = this.#context
    const startedMs = performance.now()
    try {
      return whenThere(this.#sectionsOf(summary), (sections) => {
        if (sections?.size === 0) return { sections, block: undefined }
        // A search is often followed by a finer one over the same blocks; plain reading moves on.
        const { literals, rowTest } = this.#request
        const block =
          literals.length > 0 || rowTest !== undefined
            ? reader.readInSearch(this.#shard, summary)
            : reader.readOnce(this.#shard, summary)
        return whenThere(block, (there) => ({ sections, block: there }))
      })
    } finally {
      figures.readMs += performance.now() - startedMs
    }
  }

  async #waitFor(read: Promise<ReadBlock>, summary: StoredBlockSummary): Promise<void> {
    const startedMs = performance.now()
    try {
      this.#arrived = { summary, read: await read }
    } catch (cause) {
      // What was rewritten meanwhile is read where it is now.
      if (this.#shard.blockOf(summary.firstSequence) === summary) throw cause
      this.#arrived = { summary, read: undefined }
    } finally {
      this.#context.figures.readMs += performance.now() - startedMs
    }
  }

  #passOver(summary: BlockSummary): void {
    this.#cursor = this.#request.reverse ? summary.firstSequence : endSequence(summary)
  }

  /** The next block that may hold what is wanted. */
  #nextCandidate(): StoredBlockSummary | undefined {
    const { reverse } = this.#request
    for (;;) {
      if (reverse ? this.#cursor <= this.#end : this.#cursor >= this.#end) return undefined
      const summary = this.#topics.size === 1 ? this.#nextOfTopic() : this.#nextOfShard()
      if (summary === undefined) return undefined
      const isBeyond = reverse ? endSequence(summary) <= this.#end : summary.firstSequence >= this.#end
      if (isBeyond) return undefined
      if (summary.kind !== 'removed') {
        if (this.#mayMatch(summary)) return summary
        this.#context.figures.blocksConsidered++
      }
      this.#passOver(summary)
    }
  }

  #nextOfTopic(): BlockSummary | undefined {
    const [id] = this.#topics.keys()
    const topic = this.#shard.topics.get(id!)
    if (topic === undefined) return undefined
    if (!this.#request.reverse) return topic.parts[topic.partIndexOf(this.#cursor)]?.block
    const index = topic.partIndexOf(this.#cursor - 1)
    const part = topic.parts[index]
    const covers = part !== undefined && part.block.firstSequence < this.#cursor
    return (covers ? part : topic.parts[index - 1])?.block
  }

  #nextOfShard(): BlockSummary | undefined {
    return this.#shard.blockOf(this.#request.reverse ? this.#cursor - 1 : this.#cursor)
  }

  #mayMatch(summary: StoredBlockSummary): boolean {
    const { timeFrom, timeTo, levelMask } = this.#request
    const { figures } = this.#context
    const runs: StoredBlockSummary['runs'] = summary.runs
    // A block of several topics may have the times of another one.
    const inTime = runs.some(
      (run) =>
        this.#topics.has(run.topicId) &&
        run.maxTimestamp >= timeFrom &&
        run.minTimestamp < timeTo &&
        !isDropped(summary, run),
    )
    if (!inTime) {
      figures.blocksSkippedByTime++
      return false
    }
    if ((summary.levelMask & levelMask) !== 0) return true
    figures.blocksSkippedByLevel++
    return false
  }

  #sectionsOf(summary: StoredBlockSummary): Soon<ReadonlySet<number> | undefined> {
    if (summary.kind === 'hot') return undefined
    const sections = new Set<number>()
    for (const run of summary.runs)
      if (this.#topics.has(run.topicId) && !isDropped(summary, run)) sections.add(run.section)
    const { reader, figures } = this.#context
    return reader.sectionsToSearch(this.#shard, summary, { sections, tokens: this.#request.tokens }, figures)
  }

  #prepare(
    block: DecodedBlock,
    summary: StoredBlockSummary,
    sections: ReadonlySet<number> | undefined,
  ): void {
    const { reverse, literals, rowTest } = this.#request
    const selection = { topics: this.#topics, literals, sections }
    this.#rows = block.rowsWith(selection)
    this.#at = reverse ? this.#rows.length - 1 : 0
    this.#holds = this.#boundsTest(block, summary)
    this.#matches = undefined
    if (rowTest === undefined) return
    const ids = new RowIds()
    const cursor = new RowCursor({
      block,
      nameOf: (topicId) => this.#topics.get(topicId) ?? '',
      idOf: (row) => ids.of({ block, row, shard: this.#shard }),
    })
    this.#matches = (row) => rowTest(cursor.at(row))
  }

  /** Which bounds a block does not meet as a whole, so that rows are tested only for those. */
  #boundsTest(block: DecodedBlock, summary: StoredBlockSummary): ((row: number) => boolean) | undefined {
    const tests: ((row: number) => boolean)[] = []
    const { timeFrom, timeTo, levelMask, reverse } = this.#request
    if (summary.minTimestamp < timeFrom || summary.maxTimestamp >= timeTo) {
      tests.push((row) => {
        const timestamp = block.timestampOf(row)
        return timestamp >= timeFrom && timestamp < timeTo
      })
    }
    if ((summary.levelMask & ~levelMask) !== 0)
      tests.push((row) => ((levelMask >>> block.levelOf(row)) & 1) === 1)
    const from = (reverse ? this.#end : this.#cursor) - block.firstSequence
    const to = (reverse ? this.#cursor : this.#end) - block.firstSequence
    if (from > 0 || to < block.count) tests.push((row) => row >= from && row < to)
    const { after, upTo } = this.#request
    if (after !== undefined && this.#straddles(summary, after))
      tests.push((row) => comparePositions(this.#positionOf(block, row), after) > 0)
    if (upTo !== undefined && this.#straddles(summary, upTo))
      tests.push((row) => comparePositions(this.#positionOf(block, row), upTo) <= 0)
    if (tests.length <= 1) return tests[0]
    return (row) => tests.every((test) => test(row))
  }

  /** Some of its entries come behind a position, and some do not. */
  #straddles(summary: StoredBlockSummary, position: Position): boolean {
    return (
      comparePositions(lastPosition(this.#shard, summary), position) > 0 &&
      comparePositions(firstPosition(this.#shard, summary), position) <= 0
    )
  }

  #positionOf(block: DecodedBlock, row: number): Position {
    return {
      commitSequence: block.commitSequenceOf(row),
      shard: this.#shard.number,
      sequence: block.firstSequence + row,
    }
  }
}

function firstPosition(shard: Shard, block: BlockSummary): Position {
  const { commitSequence, firstSequence } = block
  return { commitSequence, shard: shard.number, sequence: firstSequence }
}

function lastPosition(shard: Shard, block: BlockSummary): Position {
  return {
    commitSequence: block.lastCommitSequence,
    shard: shard.number,
    sequence: endSequence(block) - 1,
  }
}

/** First sequence of a block with entries behind a position. */
function startBehind(shard: Shard, position: Position): number {
  return firstBlock(shard, (block) => comparePositions(lastPosition(shard, block), position) > 0)
}

/** First sequence of a block with entries behind a position only. */
function endBehind(shard: Shard, position: Position): number {
  return firstBlock(shard, (block) => comparePositions(firstPosition(shard, block), position) > 0)
}

function firstBlock(shard: Shard, isWanted: (block: BlockSummary) => boolean): number {
  let low = 0
  let high = shard.blocks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isWanted(shard.blocks[middle]!)) high = middle
    else low = middle + 1
  }
  return shard.blocks[low]?.firstSequence ?? shard.visibleEnd
}
