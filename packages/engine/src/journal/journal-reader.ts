import { equalBytes, ForgeError, isForgeError } from '@forgeone/common'
import type { Keyring, Sealer } from '@forgeone/crypto'
import { decodeFrameBody, NO_DIGEST, sequenceKey } from '../format/frame.ts'
import type { CommitRecord } from '../format/commit-record.ts'
import type { FlushPoint } from '../format/flush-point.ts'
import {
  decodeSegmentHeader,
  SEGMENT_FILE_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
  SEGMENT_NAME_PATTERN,
  segmentName,
  type SegmentHeader,
} from '../format/segment-header.ts'
import type { JournalFile, StoreFiles } from '../files/store-files.ts'
import { SegmentScanner, type ScannedFrame } from './segment-scanner.ts'

/** The journal's scope in the keyring; each segment is a keyspace of it. */
export function journalSealer(keyring: Keyring, segment: number): Sealer {
  return keyring.sealer('journal', sequenceKey(segment))
}

export interface SegmentInfo {
  readonly segment: number
  readonly firstSequence: number
}

/** Where the journal ends after a full read: what the next frame must continue. */
export interface JournalEnd {
  readonly nextSequence: number
  readonly previousDigest: Uint8Array
  readonly segments: readonly SegmentInfo[]
  readonly nextSegment: number
  /** Bytes of the last segment's file up to the end of its last frame. */
  readonly endOffset: number
  readonly frames: number
  /** A torn last frame was found (and cut, if the reader repairs): where. */
  readonly torn: { readonly name: string; readonly offset: number } | undefined
}

export interface JournalRecord {
  readonly sequence: number
  readonly record: CommitRecord
  /** Digest of the frame that holds the record. */
  readonly digest: Uint8Array
}

export interface JournalReadOptions {
  readonly files: StoreFiles
  readonly keyring: Keyring
  readonly storeId: Uint8Array
  readonly flushPoint: FlushPoint | undefined
  /** Cut a torn tail; otherwise it is only reported. */
  readonly repair: boolean
  /** Called for every commit that is there, a frame at a time, those before the flush point included. */
  readonly onRecords: (records: readonly JournalRecord[]) => Promise<void>
}

/**
 * Reads all segments, checks chain, checksum and seal of every frame, and hands over what they hold.
 *
 * @throws JOURNAL_DAMAGED when it breaks anywhere but at the very end, JOURNAL_TAIL_LOST when it ends before the
 *   flush point
 */
export async function readJournal(options: JournalReadOptions): Promise<JournalEnd> {
  const { files, flushPoint } = options
  const names = (await files.listJournal()).filter((name) => SEGMENT_NAME_PATTERN.test(name))
  const segments: SegmentInfo[] = []
  let torn: JournalEnd['torn']
  let nextSequence = 0
  let previousDigest = NO_DIGEST
  let nextSegment = 1
  let endOffset = 0
  let frames = 0
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1
    const file = await files.openJournalFile(name, { create: false })
    try {
      const size = await file.size()
      if (size > SEGMENT_FILE_BYTES_MAX)
        throw damaged(`segment ${name} has ${size} bytes, more than a segment can have`)
      const header = await readHeader({ file, name, isLast, options })
      if (header === undefined) {
        // A crash between creating the file and writing its header: nothing was acknowledged from it.
        torn = { name, offset: 0 }
        break
      }
      assertContinues({ header, name, segments, nextSequence, previousDigest })
      const scanner = new SegmentScanner(file, header)
      const read = await readFrames({ scanner, file, name, isLast, segment: header.segment, options })
      torn = read.torn
      frames += read.frames
      segments.push({ segment: header.segment, firstSequence: header.firstSequence })
      nextSequence = scanner.nextSequence
      previousDigest = scanner.previousDigest
      nextSegment = header.segment + 1
      endOffset = scanner.offset
    } finally {
      await file.close()
    }
  }
  if (segments.length === 0) throw damaged('it has no segment')
  checkAgainstFlushPoint({ flushPoint, segments, nextSequence, previousDigest })
  // Only now: a journal that is refused keeps every byte.
  if (options.repair && torn !== undefined) await cutTorn(files, torn)
  return { nextSequence, previousDigest, segments, nextSegment, endOffset, frames, torn }
}

function damaged(reason: string): ForgeError {
  return new ForgeError('JOURNAL_DAMAGED', `the journal is damaged: ${reason}`)
}

async function cutTorn(
  files: StoreFiles,
  torn: { readonly name: string; readonly offset: number },
): Promise<void> {
  if (torn.offset === 0) {
    await files.removeJournalFile(torn.name)
    await files.syncJournal()
    return
  }
  const file = await files.openJournalFile(torn.name, { create: false })
  try {
    await file.truncate(torn.offset)
  } finally {
    await file.close()
  }
}

async function readHeader(at: {
  file: JournalFile
  name: string
  isLast: boolean
  options: JournalReadOptions
}): Promise<SegmentHeader | undefined> {
  const bytes = await at.file.read(0, SEGMENT_HEADER_BYTES)
  const header = decodeSegmentHeader(bytes)
  if (header === 'newer')
    throw new ForgeError('STORE_VERSION', `segment ${at.name} was written by a newer ForgeOne`)
  if (header === 'short' || header === 'damaged') {
    const empty = (await at.file.size()) <= SEGMENT_HEADER_BYTES
    if (at.isLast && empty) return undefined
    throw damaged(`segment ${at.name} has no valid header`)
  }
  if (!equalBytes(header.storeId, at.options.storeId))
    throw damaged(`segment ${at.name} belongs to another store`)
  if (segmentName(header.segment) !== at.name) throw damaged(`segment ${at.name} was renamed`)
  return header
}

function assertContinues(at: {
  header: SegmentHeader
  name: string
  segments: readonly SegmentInfo[]
  nextSequence: number
  previousDigest: Uint8Array
}): void {
  const last = at.segments.at(-1)
  if (last === undefined) return
  const continues =
    at.header.segment === last.segment + 1 &&
    at.header.firstSequence === at.nextSequence &&
    equalBytes(at.header.previousDigest, at.previousDigest)
  if (!continues) throw damaged(`segment ${at.name} does not continue the one before`)
}

async function readFrames(at: {
  scanner: SegmentScanner
  file: JournalFile
  name: string
  isLast: boolean
  segment: number
  options: JournalReadOptions
}): Promise<{ torn: JournalEnd['torn']; frames: number }> {
  let frames = 0
  const sealer = journalSealer(at.options.keyring, at.segment)
  for (;;) {
    const scanned = await at.scanner.next()
    if (scanned.kind === 'frame') {
      await handOver(scanned, sealer, at.options, at.name)
      frames++
      continue
    }
    if (scanned.kind === 'end') return { torn: undefined, frames }
    if (!at.isLast || (await at.scanner.laterFrameFollows(scanned.offset))) {
      throw damaged(`segment ${at.name} breaks at byte ${scanned.offset}`)
    }
    return { torn: { name: at.name, offset: scanned.offset }, frames }
  }
}

async function handOver(
  scanned: ScannedFrame,
  sealer: Sealer,
  options: JournalReadOptions,
  name: string,
): Promise<void> {
  const { header, frame, digest, offset } = scanned
  let records: readonly CommitRecord[]
  try {
    records = decodeFrameBody(frame, header, sealer)
  } catch (cause) {
    if (isForgeError(cause, 'CRYPTO_LOCKED')) throw cause
    if (isForgeError(cause, 'CRYPTO_KEY_DESTROYED'))
      throw new ForgeError(
        'CRYPTO_KEY_DESTROYED',
        `${name} was written under a key that was destroyed since`,
        {
          cause,
          hint: 'This is a copy of before; it opens with a copy of the keyring of its own time, if there is one.',
        },
      )
    throw new ForgeError(
      'JOURNAL_DAMAGED',
      `the frame at byte ${offset} of segment ${name} is not authentic`,
      { cause },
    )
  }
  await options.onRecords(
    records.map((record, index) => ({ sequence: header.firstSequence + index, record, digest })),
  )
}

function checkAgainstFlushPoint(at: {
  flushPoint: FlushPoint | undefined
  segments: readonly SegmentInfo[]
  nextSequence: number
  previousDigest: Uint8Array
}): void {
  const { flushPoint, nextSequence } = at
  const first = at.segments[0]!.firstSequence
  if (flushPoint === undefined) return
  if (nextSequence - 1 < flushPoint.sequence) {
    throw new ForgeError(
      'JOURNAL_TAIL_LOST',
      `the journal ends at commit ${nextSequence - 1}, but commit ${flushPoint.sequence} was durable`,
    )
  }
  if (first > flushPoint.sequence + 1)
    throw damaged(`commits ${flushPoint.sequence + 1} to ${first - 1} are missing`)
  if (nextSequence - 1 === flushPoint.sequence && !equalBytes(at.previousDigest, flushPoint.digest)) {
    throw damaged('its last frame is not the one the flush point names')
  }
}
