import { assert } from '@forgeone/common'
import type { Keyring, Sealer } from '@forgeone/crypto'
import { encodeFrame, frameDigest } from '../format/frame.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from '../format/segment-header.ts'
import type { JournalFile, StoreFiles } from '../files/store-files.ts'
import { journalSealer, type JournalEnd, type SegmentInfo } from './journal-reader.ts'

/** A segment is dropped as a whole: small enough that trimming returns space soon, large enough to be rare. */
export const SEGMENT_BYTES: number = 16 * 1024 * 1024

/**
 * Small frames land in bytes that were written before: their fsync then has no file size to make durable, which
 * makes a single commit a fifth faster. Large frames gain nothing and would double the writing.
 */
const PREALLOCATE_BYTES = 256 * 1024
const PREALLOCATE_FRAME_BYTES_MAX = 32 * 1024

/** The end of a frame, and what lies before it. */
export interface JournalPosition {
  readonly segment: number
  /** Bytes of the segment's file up to there. */
  readonly offset: number
  /** The last commit of that frame. */
  readonly sequence: number
  readonly digest: Uint8Array
}

/** As long as it is not released, commits behind its sequence stay in the journal. */
export interface JournalHold {
  advance(sequence: number): void
  release(): void
}

export interface AppendOptions {
  readonly sync: boolean
  readonly preallocate: boolean
}

/**
 * The append side of the journal. One caller at a time appends, begins segments and closes, and is held to it: two would begin
 * a segment under each other's frames. `sync` and `trim` may run beside it. After an error it must not be used again.
 */
export class JournalWriter {
  readonly #files: StoreFiles
  readonly #keyring: Keyring
  readonly #storeId: Uint8Array
  readonly #segments: SegmentInfo[]
  #nextSegment: number
  #previousDigest: Uint8Array
  #nextSequence: number
  #durableSequence: number
  readonly #holds = new Map<JournalHold, number>()
  /** After a failed write or sync nothing is tried again: the kernel may have marked the lost pages clean. */
  #failed = false
  /** What its one caller does now. */
  #doing: string | undefined
  #file: JournalFile | undefined
  #sealer: Sealer | undefined
  #offset: number
  #allocatedEnd = 0

  /** @param o.holdFrom commits behind this one stay, from before opening trims anything; until the writer is gone */
  constructor(o: {
    files: StoreFiles
    keyring: Keyring
    storeId: Uint8Array
    end: JournalEnd
    holdFrom?: number | undefined
  }) {
    this.#files = o.files
    this.#keyring = o.keyring
    this.#storeId = o.storeId
    this.#segments = [...o.end.segments]
    this.#nextSegment = o.end.nextSegment
    this.#offset = o.end.endOffset
    this.#previousDigest = o.end.previousDigest
    this.#nextSequence = o.end.nextSequence
    this.#durableSequence = o.end.nextSequence - 1
    if (o.holdFrom !== undefined) this.hold(o.holdFrom)
  }

  /** Digest of the last frame appended. */
  get digest(): Uint8Array {
    return this.#previousDigest
  }

  /** Sequence after the last commit appended. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  /** Where the next frame will stand. */
  get position(): JournalPosition {
    const segment = this.#segments.at(-1)?.segment ?? 0
    const sequence = this.#nextSequence - 1
    return { segment, offset: this.#offset, sequence, digest: this.#previousDigest }
  }

  /** Keeps the commits behind `sequence`, wherever segments are dropped. */
  hold(sequence: number): JournalHold {
    const hold: JournalHold = {
      advance: (next) => void this.#holds.set(hold, Math.max(next, this.#holds.get(hold) ?? 0)),
      release: () => void this.#holds.delete(hold),
    }
    this.#holds.set(hold, sequence)
    return hold
  }

  /** Those that are there now. */
  get segments(): readonly SegmentInfo[] {
    return this.#segments
  }

  /** Segments with the commits from behind `sequence` up to a position; the last with its bytes up to there. */
  segmentsBehind(
    sequence: number,
    to: JournalPosition,
  ): readonly { readonly segment: number; readonly bytes: number | undefined }[] {
    const upTo = this.#segments.filter(({ segment }) => segment <= to.segment)
    const first = upTo.findLastIndex(({ firstSequence }) => firstSequence <= sequence + 1)
    return upTo
      .slice(Math.max(0, first))
      .map(({ segment }) => ({ segment, bytes: segment === to.segment ? to.offset : undefined }))
  }

  /** Appends one frame with the records of a group. @returns the bytes written */
  append(records: readonly Uint8Array[], options: AppendOptions): Promise<number> {
    assert(records.length > 0, 'a frame holds at least one commit')
    return this.#alone('append', () => this.#append(records, options))
  }

  async #append(records: readonly Uint8Array[], options: AppendOptions): Promise<number> {
    if (this.#file === undefined || this.#offset >= SEGMENT_BYTES) await this.#startSegment()
    const { file, sealer } = this.#current()
    const firstSequence = this.#nextSequence
    const unsynced = firstSequence - 1 - this.#durableSequence
    const frame = encodeFrame(
      { firstSequence, unsynced, previousDigest: this.#previousDigest, records },
      sealer,
    )
    const bytes = this.#withPreallocation(frame, options)
    await this.#guard(() => file.write(this.#offset, bytes, { sync: options.sync }))
    this.#allocatedEnd = Math.max(this.#allocatedEnd, this.#offset + bytes.length)
    this.#offset += frame.length
    this.#nextSequence += records.length
    this.#previousDigest = frameDigest(frame)
    if (options.sync) this.#durableSequence = this.#nextSequence - 1
    return frame.length
  }

  /** Begins a new file; the header is durable before the first frame is written. */
  startSegment(): Promise<void> {
    return this.#alone('begin a segment', () => this.#startSegment())
  }

  async #startSegment(): Promise<void> {
    await this.#closeFile()
    const segment = this.#nextSegment++
    const header = {
      storeId: this.#storeId,
      segment,
      firstSequence: this.#nextSequence,
      previousDigest: this.#previousDigest,
    }
    const file = await this.#files.openJournalFile(segmentName(segment), { create: true })
    this.#file = file
    await file.write(0, encodeSegmentHeader(header), { sync: true })
    await this.#files.syncJournal()
    this.#sealer = journalSealer(this.#keyring, segment)
    this.#offset = SEGMENT_HEADER_BYTES
    this.#allocatedEnd = SEGMENT_HEADER_BYTES
    this.#segments.push({ segment, firstSequence: this.#nextSequence })
  }

  /** Goes on in a new segment, unless the present one holds no frame yet; those of an earlier life may hold some. */
  async endSegment(): Promise<void> {
    if (this.#file === undefined || this.#offset > SEGMENT_HEADER_BYTES) await this.startSegment()
  }

  async #alone<T>(doing: string, action: () => Promise<T>): Promise<T> {
    assert(this.#doing === undefined, `the journal has one caller: ${doing} during ${this.#doing ?? ''}`)
    this.#doing = doing
    try {
      return await action()
    } finally {
      this.#doing = undefined
    }
  }

  /** Makes relaxed commits durable. */
  async sync(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    const sequence = this.#nextSequence - 1
    await this.#guard(() => file.sync())
    this.#durableSequence = Math.max(this.#durableSequence, sequence)
  }

  /** Drops every segment whose commits all lie at or below `upTo` and are not held. The last segment stays. */
  async trim(upTo: number): Promise<void> {
    // A hold may come while segments go.
    const end = (): number => Math.min(upTo, ...this.#holds.values()) + 1
    // Oldest first and each made durable, so that no crash leaves a journal with a hole.
    while (this.#segments.length > 1 && this.#segments[1]!.firstSequence <= end()) {
      const { segment } = this.#segments.shift()!
      await this.#files.removeJournalFile(segmentName(segment))
      await this.#files.syncJournal()
    }
  }

  close(): Promise<void> {
    return this.#alone('close', () => this.#closeFile())
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    try {
      if (!this.#failed) await this.#guard(() => file.sync())
      this.#durableSequence = this.#nextSequence - 1
    } finally {
      await file.close()
    }
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (cause) {
      this.#failed = true
      throw cause
    }
  }

  #current(): { file: JournalFile; sealer: Sealer } {
    assert(this.#file !== undefined && this.#sealer !== undefined, 'a segment is open')
    return { file: this.#file, sealer: this.#sealer }
  }

  #withPreallocation(frame: Uint8Array, { preallocate }: AppendOptions): Uint8Array {
    // The first frame of a segment may stay alone for long: a store that rests takes no room for frames to come.
    if (this.#offset === SEGMENT_HEADER_BYTES) return frame
    const fits = this.#offset + frame.length <= this.#allocatedEnd
    if (!preallocate || fits || frame.length > PREALLOCATE_FRAME_BYTES_MAX) return frame
    const padded = new Uint8Array(frame.length + PREALLOCATE_BYTES)
    padded.set(frame)
    return padded
  }
}
