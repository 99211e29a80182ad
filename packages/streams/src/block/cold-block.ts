import { isAscii } from 'node:buffer'
import { asBuffer, ForgeError } from '@forgeone/common'
import { Section, type TextKind } from '@forgeone/log-codec'
import type { ColdSummary } from './block-summary.ts'
import { decodeBlockTable, type CommitRows } from './block-table.ts'
import type { DecodedBlock, RowSelection } from './decoded-block.ts'
import { rowNumbers } from './row-numbers.ts'

/** So many rows read one after another are the beginning of a scan: from then on all texts are rendered at once. */
const ROWS_IN_ORDER_MAX = 32

/** All texts of a section. */
interface WholeTexts {
  readonly text: Buffer
  readonly offsets: Uint32Array
  /** Text that is pure ASCII decodes faster as latin1. */
  readonly encoding: 'latin1' | 'utf8'
}

export interface ColdBlockSource {
  readonly summary: ColdSummary
  readonly table: Uint8Array
  /** Reads a section. @throws STREAM_BLOCK_DAMAGED */
  readonly readSection: (section: number) => Uint8Array
}

/** A cold block: its table decoded, its sections read when the first of their rows is asked for. */
export class ColdBlock implements DecodedBlock {
  readonly firstSequence: number
  readonly count: number
  readonly #summary: ColdSummary
  readonly #readSection: (section: number) => Uint8Array
  readonly #commits: readonly CommitRows[]
  /** First row of each commit, and the end. */
  readonly #commitRows: Uint32Array
  readonly #runOfRow: Uint32Array
  readonly #rowInSection: Uint32Array
  readonly #sections: (Section | undefined)[] = []
  readonly #rowsOfSection: (Uint32Array | undefined)[] = []
  #lastCommit = 0
  readonly #wholeTexts: (WholeTexts | undefined)[] = []
  /** By section: the row whose text was read last, and how many were read in order up to it. */
  readonly #lastRead: number[] = []
  readonly #readInOrder: number[] = []

  /** @throws STREAM_BLOCK_DAMAGED */
  constructor({ summary, table, readSection }: ColdBlockSource) {
    this.firstSequence = summary.firstSequence
    this.count = summary.count
    this.#summary = summary
    this.#readSection = readSection
    const { commits, runOfRow } = decodeBlockTable(table, {
      count: summary.count,
      runs: summary.runs.length,
    })
    this.#commits = commits
    this.#runOfRow = runOfRow
    this.#commitRows = firstRows(commits)
    this.#rowInSection = rowsInSections(summary, runOfRow)
  }

  get bytes(): number {
    let bytes = this.count * 8 + this.#commits.length * 32
    for (const section of this.#sections) if (section !== undefined) bytes += section.bytes
    return bytes
  }

  get commits(): readonly CommitRows[] {
    return this.#commits
  }

  topicIdOf(row: number): number {
    return this.#summary.runs[this.#runOfRow[row]!]!.topicId
  }

  commitSequenceOf(row: number): number {
    return this.#commitOf(row).sequence
  }

  commitTimeOf(row: number): number {
    return this.#commitOf(row).time
  }

  timestampOf(row: number): number {
    return this.#sectionOf(row).timestamps[this.#rowInSection[row]!]!
  }

  levelOf(row: number): number {
    return this.#sectionOf(row).levels[this.#rowInSection[row]!]!
  }

  textKindOf(row: number): TextKind {
    return this.#sectionOf(row).textKind(this.#rowInSection[row]!)
  }

  textOf(row: number): string {
    const number = this.#summary.runs[this.#runOfRow[row]!]!.section
    const whole = this.#textsOf(number, this.#rowInSection[row]!)
    if (whole === undefined) return asBuffer(this.textBytesOf(row)).toString()
    const place = this.#rowInSection[row]!
    return whole.text.toString(whole.encoding, whole.offsets[place]!, whole.offsets[place + 1]!)
  }

  textBytesOf(row: number): Uint8Array {
    return this.#sectionOf(row).textBytes(this.#rowInSection[row]!)
  }

  metadataOf(row: number): string | undefined {
    return this.#sectionOf(row).metadata(this.#rowInSection[row]!)
  }

  clientIdOf(row: number): string | undefined {
    return this.#sectionOf(row).clientId(this.#rowInSection[row]!)
  }

  markerOf(row: number): string | undefined {
    return this.#sectionOf(row).marker(this.#rowInSection[row]!)
  }

  isRemoved(row: number): boolean {
    return this.#summary.sections[this.#summary.runs[this.#runOfRow[row]!]!.section]!.bytes === 0
  }

  rowsWith({ topics, literals, sections }: RowSelection): ArrayLike<number> {
    const { runs } = this.#summary
    const wantedSections = new Set<number>()
    for (const run of runs) {
      if (!topics.has(run.topicId) || this.#summary.sections[run.section]!.bytes === 0) continue
      if (sections === undefined || sections.has(run.section)) wantedSections.add(run.section)
    }
    const wantedRuns = runs.map((run) => topics.has(run.topicId) && wantedSections.has(run.section))
    const isWanted = (row: number): boolean => wantedRuns[this.#runOfRow[row]!] === true
    if (literals.length === 0) return rowNumbers(this.count).filter(isWanted)
    const hits = [...wantedSections].map((section) => this.#hitsIn(section, literals))
    const rows = hits.length === 1 ? hits[0]! : hits.flat().sort((left, right) => left - right)
    return rows.filter(isWanted)
  }

  #hitsIn(number: number, literals: readonly Uint8Array[]): readonly number[] {
    const section = this.#section(number)
    const [longest, ...others] = literals.toSorted((left, right) => right.length - left.length)
    const place = this.#blockRowsOf(number)
    const hits: number[] = []
    for (const row of section.rowsWithLiteral(longest!)) {
      if (others.length > 0) {
        const text = asBuffer(section.textBytes(row))
        if (!others.every((literal) => text.indexOf(literal) !== -1)) continue
      }
      hits.push(place[row]!)
    }
    return hits
  }

  /** Rows of the block by row of a section. */
  #blockRowsOf(section: number): Uint32Array {
    const known = this.#rowsOfSection[section]
    if (known !== undefined) return known
    const rows = new Uint32Array(this.#summary.sections[section]!.count)
    let at = 0
    for (let row = 0; row < this.count; row++)
      if (this.#summary.runs[this.#runOfRow[row]!]!.section === section) rows[at++] = row
    this.#rowsOfSection[section] = rows
    return rows
  }

  /** All texts of a section, once its rows are read one after another. */
  #textsOf(number: number, rowInSection: number): WholeTexts | undefined {
    const known = this.#wholeTexts[number]
    if (known !== undefined) return known
    const isNext = this.#lastRead[number] === rowInSection - 1
    this.#lastRead[number] = rowInSection
    this.#readInOrder[number] = isNext ? (this.#readInOrder[number] ?? 0) + 1 : 0
    if (this.#readInOrder[number] < ROWS_IN_ORDER_MAX) return undefined
    const section = this.#section(number)
    const text = asBuffer(section.text)
    const whole: WholeTexts = {
      text,
      offsets: section.textOffsets,
      encoding: isAscii(text) ? 'latin1' : 'utf8',
    }
    this.#wholeTexts[number] = whole
    return whole
  }

  #sectionOf(row: number): Section {
    return this.#section(this.#summary.runs[this.#runOfRow[row]!]!.section)
  }

  #section(number: number): Section {
    const known = this.#sections[number]
    if (known !== undefined) return known
    const section = new Section(this.#readSection(number))
    if (section.count !== this.#summary.sections[number]!.count)
      throw new ForgeError('STREAM_BLOCK_DAMAGED', 'a section has other rows than its index row says')
    this.#sections[number] = section
    return section
  }

  /** Rows are mostly asked for in order, so the commit of the one before is tried first. */
  #commitOf(row: number): CommitRows {
    const starts = this.#commitRows
    const last = this.#lastCommit
    if (row >= starts[last]! && row < starts[last + 1]!) return this.#commits[last]!
    let low = 0
    let high = this.#commits.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= row) low = middle
      else high = middle - 1
    }
    this.#lastCommit = low
    return this.#commits[low]!
  }
}

function firstRows(commits: readonly CommitRows[]): Uint32Array {
  const rows = new Uint32Array(commits.length + 1)
  for (const [index, commit] of commits.entries()) rows[index + 1] = rows[index]! + commit.count
  return rows
}

function rowsInSections(summary: ColdSummary, runOfRow: Uint32Array): Uint32Array {
  const rows = new Uint32Array(runOfRow.length)
  const next = new Uint32Array(summary.sections.length)
  const sectionOfRun = summary.runs.map((run) => run.section)
  for (let row = 0; row < rows.length; row++) {
    const section = sectionOfRun[runOfRow[row]!]!
    rows[row] = next[section]!
    next[section]!++
  }
  for (const [index, { count }] of summary.sections.entries()) {
    if (next[index] !== count)
      throw new ForgeError('STREAM_BLOCK_DAMAGED', 'a block table has other rows than its index row says')
  }
  return rows
}
