import { equalBytes } from '@forgeone/common'
import {
  FRAME_HEADER_BYTES,
  frameChecksumHolds,
  frameDigest,
  peekFrameHeader,
  type FrameHeader,
} from '../format/frame.ts'
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts'
import type { JournalFile } from '../files/store-files.ts'

/** Large enough that small frames cost no read each, small enough to be nothing beside the databases. */
const READ_BYTES = 1024 * 1024
const ZEROS = new Uint8Array(READ_BYTES)

export interface ScannedFrame {
  readonly kind: 'frame'
  readonly header: FrameHeader
  readonly frame: Uint8Array
  readonly digest: Uint8Array
  readonly offset: number
}

/** `end`: only zeros follow. `broken`: bytes follow that are no valid next frame. */
export type ScanStop = { readonly kind: 'end' | 'broken'; readonly offset: number }

/** Reads the frames of one segment in order and checks length, sequence, chain and checksum of each. */
export class SegmentScanner {
  readonly #file: JournalFile
  #nextSequence: number
  #previousDigest: Uint8Array
  #buffer: Uint8Array = new Uint8Array(0)
  #bufferOffset = 0
  #offset: number

  constructor(
    file: JournalFile,
    from: {
      readonly firstSequence: number
      readonly previousDigest: Uint8Array
      /** Where the frame stands that continues them; the first of the segment, if it is not given. */
      readonly offset?: number | undefined
    },
  ) {
    this.#file = file
    this.#offset = from.offset ?? SEGMENT_HEADER_BYTES
    this.#nextSequence = from.firstSequence
    this.#previousDigest = from.previousDigest
  }

  /** End of the last frame. */
  get offset(): number {
    return this.#offset
  }

  get nextSequence(): number {
    return this.#nextSequence
  }

  get previousDigest(): Uint8Array {
    return this.#previousDigest
  }

  async next(): Promise<ScannedFrame | ScanStop> {
    const offset = this.#offset
    const head = await this.#peek(FRAME_HEADER_BYTES)
    const header = peekFrameHeader(head)
    const continues =
      header !== undefined &&
      header.firstSequence === this.#nextSequence &&
      header.count > 0 &&
      equalBytes(header.previousDigest, this.#previousDigest)
    if (!continues) return { kind: (await this.#onlyZerosFollow()) ? 'end' : 'broken', offset }
    const frame = await this.#peek(header.length)
    if (frame.length < header.length || !frameChecksumHolds(frame)) return { kind: 'broken', offset }
    this.#offset += header.length
    this.#nextSequence += header.count
    this.#previousDigest = frameDigest(frame)
    return {
      kind: 'frame',
      header: peekFrameHeader(frame) ?? header,
      frame,
      digest: this.#previousDigest,
      offset,
    }
  }

  /**
   * After a break: is there a whole frame anywhere behind it that was written when the broken commit was durable?
   * Then the break is damage. A crash may tear relaxed frames in any order, but each says what it relied on.
   */
  async laterFrameFollows(brokenOffset: number): Promise<boolean> {
    const size = await this.#file.size()
    const bytes = await this.#file.read(brokenOffset, size - brokenOffset)
    for (let at = 1; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
      // The top bytes of a plausible length and sequence are small; this rejects nearly every offset at once.
      if (bytes[at]! > 2 || bytes[at + 8] !== 0) continue
      const header = peekFrameHeader(bytes.subarray(at, at + FRAME_HEADER_BYTES))
      if (
        header === undefined ||
        header.firstSequence - header.unsynced <= this.#nextSequence ||
        header.count === 0
      )
        continue
      const frame = bytes.subarray(at, at + header.length)
      if (frame.length === header.length && frameChecksumHolds(frame)) return true
    }
    return false
  }

  async #onlyZerosFollow(): Promise<boolean> {
    for (let at = this.#offset; ;) {
      const bytes = await this.#file.read(at, READ_BYTES)
      if (bytes.length === 0) return true
      if (!equalBytes(bytes, ZEROS.subarray(0, bytes.length))) return false
      at += bytes.length
    }
  }

  /** A view of the next bytes, fewer at the end of the file. */
  async #peek(length: number): Promise<Uint8Array> {
    const start = this.#offset - this.#bufferOffset
    if (this.#buffer.length - start < length) {
      this.#buffer = await this.#file.read(this.#offset, Math.max(length, READ_BYTES))
      this.#bufferOffset = this.#offset
      return this.#buffer.subarray(0, length)
    }
    return this.#buffer.subarray(start, start + length)
  }
}
