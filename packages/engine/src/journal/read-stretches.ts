import { concatBytes, copyBytes, equalBytes, ForgeError, isBytes } from '@forgeone/common'
import type { StoreFiles } from '../files/store-files.ts'
import { DIGEST_BYTES } from '../format/frame.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from '../format/segment-header.ts'
import type { JournalPosition, JournalWriter } from './journal-writer.ts'
import { SegmentScanner } from './segment-scanner.ts'

/** A stretch ends with the frame that reaches this; one frame may have 32 MiB. */
const STRETCH_BYTES = 1024 * 1024

/** Bytes of a segment as they stand in its file: whole frames, and before them its header where the offset is 0. */
export interface JournalStretch {
  readonly segment: number
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface JournalRange {
  readonly from: JournalPosition
  readonly to: JournalPosition
}

interface StretchRequest extends JournalRange {
  readonly files: StoreFiles
  readonly storeId: Uint8Array
  readonly journal: JournalWriter
}

/**
 * What the journal holds between two of its positions, in order, beside its writer: length, chain and checksum of each frame are
 * checked on the way. Laid over files by their offsets, the stretches of all ranges are the journal again.
 *
 * @throws JOURNAL_POSITION_UNKNOWN when a position is none of this journal, or what follows it was let go; JOURNAL_DAMAGED
 */
export async function* readStretches(o: StretchRequest): AsyncGenerator<JournalStretch> {
  const { journal, from, to } = o
  checkPosition(from)
  checkPosition(to)
  if (from.sequence > to.sequence) throw unknownPosition('they are in the wrong order')
  // The segment in which the first position lies stays too, though all before it may be let go.
  const hold = journal.hold(from.sequence - 1)
  try {
    const segments = journal.segments.filter(
      ({ segment }) => segment >= from.segment && segment <= to.segment,
    )
    if (segments.at(-1)?.segment !== to.segment) throw unknownPosition(`segment ${to.segment} is not there`)
    let previous: Chain = { nextSequence: from.sequence + 1, previousDigest: from.digest }
    for (const { segment } of segments) {
      const begin = segment === from.segment ? from.offset : 0
      previous = yield* readSegment(o, {
        segment,
        begin,
        previous,
        isFirst: segment === segments[0]!.segment,
      })
    }
  } finally {
    hold.release()
  }
}

interface Chain {
  readonly nextSequence: number
  readonly previousDigest: Uint8Array
}

async function* readSegment(
  { files, storeId, to }: StretchRequest,
  at: {
    readonly segment: number
    readonly begin: number
    readonly previous: Chain
    readonly isFirst: boolean
  },
): AsyncGenerator<JournalStretch, Chain> {
  const { segment, begin, previous } = at
  const file = await files.openJournalFile(segmentName(segment), { create: false })
  try {
    const head = begin === 0 ? await file.read(0, SEGMENT_HEADER_BYTES) : undefined
    if (head !== undefined) assertHeader(head, { ...at, storeId })
    const scanner = new SegmentScanner(file, {
      firstSequence: previous.nextSequence,
      previousDigest: previous.previousDigest,
      offset: Math.max(begin, SEGMENT_HEADER_BYTES),
    })
    let pending: Uint8Array[] = head === undefined ? [] : [head]
    let start = begin
    const isLast = segment === to.segment
    const isBehindEnd = (): boolean => isLast && scanner.offset >= to.offset
    while (!isBehindEnd()) {
      const next = await scanner.next()
      if (next.kind !== 'frame') {
        if (next.kind === 'end' && !isLast) break
        const isUntouched = at.isFirst && next.offset === Math.max(begin, SEGMENT_HEADER_BYTES)
        if (isUntouched && begin > 0) throw unknownPosition(`no frame of segment ${segment} continues it`)
        throw damaged(segment, next.offset)
      }
      // The scanner reads into a buffer of its own.
      pending.push(copyBytes(next.frame))
      if (scanner.offset - start < STRETCH_BYTES) continue
      yield { segment, offset: start, bytes: concatBytes(pending) }
      pending = []
      start = scanner.offset
    }
    if (pending.length > 0) yield { segment, offset: start, bytes: concatBytes(pending) }
    if (isLast && !isAt(to, scanner)) throw unknownPosition(`no frame of segment ${segment} ends there`)
    return scanner
  } finally {
    await file.close()
  }
}

function isAt(to: JournalPosition, { offset, nextSequence, previousDigest }: SegmentScanner): boolean {
  return offset === to.offset && nextSequence === to.sequence + 1 && equalBytes(previousDigest, to.digest)
}

function assertHeader(
  bytes: Uint8Array,
  at: {
    readonly segment: number
    readonly previous: Chain
    readonly isFirst: boolean
    readonly storeId: Uint8Array
  },
): void {
  const header = decodeSegmentHeader(bytes)
  if (typeof header === 'string' || header.segment !== at.segment || !equalBytes(header.storeId, at.storeId))
    throw damaged(at.segment, 0)
  const continues =
    header.firstSequence === at.previous.nextSequence &&
    equalBytes(header.previousDigest, at.previous.previousDigest)
  if (continues) return
  throw at.isFirst ? unknownPosition('what follows it was let go') : damaged(at.segment, 0)
}

function damaged(segment: number, offset: number): ForgeError {
  return new ForgeError('JOURNAL_DAMAGED', `segment ${segmentName(segment)} breaks at byte ${offset}`)
}

function checkPosition(position: JournalPosition): void {
  const { segment, offset, sequence, digest } = Object(position) as Record<keyof JournalPosition, unknown>
  const isCount = [segment, offset, sequence].every((each) => Number.isSafeInteger(each) && Number(each) >= 0)
  if (isCount && isBytes(digest) && digest.length === DIGEST_BYTES) return
  throw unknownPosition('one is what `journalEnd` gave')
}

function unknownPosition(reason: string): ForgeError {
  return new ForgeError('JOURNAL_POSITION_UNKNOWN', `the journal has no such position: ${reason}`)
}
