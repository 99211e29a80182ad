import type { SectionLevel } from '@forgeone/log-codec'
import type { BlockSummary, ColdSummary, StoredBlockSummary } from '../block/block-summary.ts'
import {
  COLD_BLOCK_RAW_BYTES_MAX,
  COLD_BLOCK_ROWS_MAX,
  FAST_BLOCK_RAW_BYTES_MAX,
  FAST_BLOCK_ROWS_MAX,
  MERGE_BLOCKS,
  SOURCE_RUNS_MAX,
  SIZE_CLASS_BYTES,
} from './compaction-limits.ts'

/** Neighbours to be rewritten as one cold block. */
export interface CompactionStep {
  readonly sources: readonly StoredBlockSummary[]
  readonly level: SectionLevel
}

/** The oldest hot blocks, as many as one cold block holds. */
export function nextHotStep(blocks: readonly BlockSummary[]): CompactionStep | undefined {
  const start = blocks.findIndex((block) => block.kind === 'hot')
  if (start < 0) return undefined
  const sources: StoredBlockSummary[] = []
  const pack = new Pack('fast')
  for (let index = start; index < blocks.length; index++) {
    const block = blocks[index]!
    if (block.kind !== 'hot' || !pack.takes(block)) break
    sources.push(block)
  }
  return { sources, level: 'fast' }
}

/** Four neighbours of one class of size at the end of the cold blocks: so an entry is rewritten a few times only. */
export function nextMergeStep(blocks: readonly BlockSummary[]): CompactionStep | undefined {
  const end = blocks.findLastIndex((block) => block.kind === 'cold') + 1
  const sources: StoredBlockSummary[] = []
  const last = blocks[end - 1]
  const pack = new Pack(last?.kind === 'cold' ? last.level : 'fast')
  for (let index = end - 1; index >= 0; index--) {
    const block = blocks[index]!
    if (block.kind !== 'cold' || !pack.takes(block)) break
    if (sources.length > 0 && levelOf([block]) !== levelOf(sources)) break
    if (sources.length > 0 && sizeClass(block.rawBytes) > sizeClass(sources.at(-1)!.rawBytes)) break
    sources.push(block)
    if (sources.length >= MERGE_BLOCKS) return { sources: sources.toReversed(), level: levelOf(sources) }
  }
  return undefined
}

/** Blocks that read fast and were not touched for long: they are read seldom, so they may as well be small. */
export function nextSettledStep(
  blocks: readonly BlockSummary[],
  o: { readonly settledTime: number },
): CompactionStep | undefined {
  const isSettled = (block: BlockSummary): block is ColdSummary =>
    block.kind === 'cold' && block.level === 'fast' && block.lastCommitTime <= o.settledTime
  const start = blocks.findIndex(isSettled)
  if (start < 0) return undefined
  const sources: StoredBlockSummary[] = []
  const pack = new Pack('default')
  for (let index = start; index < blocks.length; index++) {
    const block = blocks[index]!
    if (!isSettled(block) || !pack.takes(block)) break
    sources.push(block)
  }
  return { sources, level: 'default' }
}

/** Everything that a compaction on demand rewrites: hot blocks, small neighbours, and what is not at the level asked for. */
export function planAll(blocks: readonly BlockSummary[], level: SectionLevel): readonly CompactionStep[] {
  const steps: CompactionStep[] = []
  let sources: StoredBlockSummary[] = []
  let pack = new Pack(level)
  const close = (): void => {
    const isDone = sources.length === 1 && sources[0]!.kind === 'cold' && meets(sources[0]!.level, level)
    if (sources.length > 0 && !isDone) steps.push({ sources, level: levelOf(sources, level) })
    sources = []
    pack = new Pack(level)
  }
  for (const block of blocks) {
    if (block.kind === 'removed') {
      close()
      continue
    }
    if (!pack.takes(block)) {
      close()
      pack.takes(block)
    }
    sources.push(block)
  }
  close()
  return steps
}

/** From the one that reads fastest to the one that takes least room. */
const LEVELS: readonly SectionLevel[] = ['fast', 'default', 'max']

function meets(actual: SectionLevel, wanted: SectionLevel): boolean {
  return LEVELS.indexOf(actual) >= LEVELS.indexOf(wanted)
}

/** What was once compressed hard is not made larger again. */
function levelOf(sources: readonly StoredBlockSummary[], least: SectionLevel = 'fast'): SectionLevel {
  let level = least
  for (const block of sources) if (block.kind === 'cold' && !meets(level, block.level)) level = block.level
  return level
}

function sizeClass(rawBytes: number): number {
  return rawBytes < SIZE_CLASS_BYTES ? 0 : Math.floor(Math.log(rawBytes / SIZE_CLASS_BYTES) / Math.log(4)) + 1
}

/** Counts what is put into one cold block; the first block is always taken. */
class Pack {
  readonly #rowsMax: number
  readonly #rawBytesMax: number
  #rows = 0
  #rawBytes = 0
  #runs = 0

  constructor(level: SectionLevel) {
    this.#rowsMax = level === 'fast' ? FAST_BLOCK_ROWS_MAX : COLD_BLOCK_ROWS_MAX
    this.#rawBytesMax = level === 'fast' ? FAST_BLOCK_RAW_BYTES_MAX : COLD_BLOCK_RAW_BYTES_MAX
  }

  takes(block: StoredBlockSummary): boolean {
    const fits =
      this.#rows === 0 ||
      (this.#rows + block.count <= this.#rowsMax &&
        this.#rawBytes + block.rawBytes <= this.#rawBytesMax &&
        this.#runs + block.runs.length <= SOURCE_RUNS_MAX)
    if (!fits) return false
    this.#rows += block.count
    this.#rawBytes += block.rawBytes
    this.#runs += block.runs.length
    return true
  }
}
