import { asBuffer, EMPTY_BYTES } from '@forgeone/common'
import { MESSAGE_BYTES_MAX } from '../../entry/limits.ts'

/** The longest part of a line in one row: bytes that are no UTF-8 are kept as latin1, which doubles them at most. */
export const LINE_BYTES_MAX: number = MESSAGE_BYTES_MAX / 2

const LF = 10
const CR = 13
const NO_CARRY_BYTES = 0
const CARRY_BYTES_MIN = 4_096

/** The bytes that ended a line: none at the end of the source, and after a part of a line that was cut. */
export type LineTerminator = 'lf' | 'crlf' | 'none'

/** A line, or a part of a long one, as a place in memory that must be neither changed nor reused meanwhile. */
export interface LineSlice {
  readonly source: Uint8Array
  readonly start: number
  readonly end: number
  readonly terminator: LineTerminator
  /** True when this goes on with the line of the slice before it. */
  readonly continued: boolean
}

export type LineSink = (line: LineSlice) => void

/**
 * Cuts bytes that come in chunks into lines. All slices and their terminators in order are the source byte for byte,
 * and where it is cut depends on the bytes only, never on the chunks. A line above the limit comes in parts, which end
 * between UTF-8 characters where there are any. Chunks are borrowed for as long as slices of them are in use.
 */
export class LineSplitter {
  readonly #lineBytesMax: number
  readonly #sink: LineSink
  /** Bytes of an unfinished line that came in earlier chunks. */
  #carry: Uint8Array = EMPTY_BYTES
  #carryBytes = NO_CARRY_BYTES
  #continued = false

  constructor(sink: LineSink, lineBytesMax: number = LINE_BYTES_MAX) {
    this.#sink = sink
    this.#lineBytesMax = lineBytesMax
  }

  /** Takes the next chunk and gives all lines it completes to the sink. */
  push(chunk: Uint8Array): void {
    let start = 0
    while (this.#carryBytes > 0 && start < chunk.length) start = this.#fillCarry(chunk, start)
    if (start >= chunk.length) return
    const rest = this.#emitLines(chunk, start, chunk.length)
    if (rest < chunk.length) this.#keep(chunk, rest, chunk.length)
  }

  /** Gives the last line, which has no terminator, to the sink. */
  flush(): void {
    if (this.#carryBytes > 0) {
      const bytes = this.#takeCarry()
      let start = 0
      while (bytes.length - start > this.#lineBytesMax) start = this.#cut(bytes, start)
      this.#emit(bytes, start, bytes.length, 'none')
    }
    this.#continued = false
  }

  /** Emits complete lines; returns where the unfinished rest begins. */
  #emitLines(bytes: Uint8Array, from: number, to: number): number {
    const buffer = asBuffer(bytes)
    let start = from
    while (start < to) {
      const found = buffer.indexOf(LF, start)
      const lineFeed = found === -1 || found >= to ? -1 : found
      // A cut is sure once the limit, and a CR and LF after it, fit into what is known of the line.
      const known = lineFeed === -1 ? to - start : lineFeed + 1 - start
      if (known >= this.#lineBytesMax + 2 && !this.#fits(bytes, start, lineFeed))
        start = this.#cut(bytes, start)
      else if (lineFeed === -1) return start
      else start = this.#emitLine(bytes, start, lineFeed)
    }
    return start
  }

  #fits(bytes: Uint8Array, start: number, lineFeed: number): boolean {
    if (lineFeed === -1) return false
    return contentEnd(bytes, start, lineFeed) - start <= this.#lineBytesMax
  }

  #emitLine(bytes: Uint8Array, start: number, lineFeed: number): number {
    const end = contentEnd(bytes, start, lineFeed)
    this.#emit(bytes, start, end, end === lineFeed ? 'lf' : 'crlf')
    this.#continued = false
    return lineFeed + 1
  }

  #cut(bytes: Uint8Array, start: number): number {
    const end = characterEdge(bytes, start, start + this.#lineBytesMax)
    this.#emit(bytes, start, end, 'none')
    this.#continued = true
    return end
  }

  #emit(source: Uint8Array, start: number, end: number, terminator: LineTerminator): void {
    this.#sink({ source, start, end, terminator, continued: this.#continued })
  }

  /** Adds to the carry as much as may finish its line or let it be cut; returns the place behind that. */
  #fillCarry(chunk: Uint8Array, start: number): number {
    const room = this.#lineBytesMax + 2 - this.#carryBytes
    const lineFeed = asBuffer(chunk).indexOf(LF, start)
    const wanted = lineFeed === -1 ? chunk.length : lineFeed + 1
    const end = Math.min(wanted, start + room)
    this.#keep(chunk, start, end)
    const isComplete = end === lineFeed + 1 && lineFeed !== -1
    if (isComplete || this.#carryBytes >= this.#lineBytesMax + 2) {
      const bytes = this.#takeCarry()
      const rest = this.#emitLines(bytes, 0, bytes.length)
      if (rest < bytes.length) this.#keep(bytes, rest, bytes.length)
    }
    return end
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#carryBytes + end - start
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, this.#carry.length * 2, CARRY_BYTES_MIN))
      grown.set(this.#carry.subarray(0, this.#carryBytes))
      this.#carry = grown
    }
    this.#carry.set(bytes.subarray(start, end), this.#carryBytes)
    this.#carryBytes = needed
  }

  /** Hands the carried bytes out. Their memory is given away, since slices of it may live on. */
  #takeCarry(): Uint8Array {
    const bytes = this.#carry.subarray(0, this.#carryBytes)
    this.#carry = EMPTY_BYTES
    this.#carryBytes = NO_CARRY_BYTES
    return bytes
  }
}

/** A CR that belongs to an earlier part of the line is content. */
function contentEnd(bytes: Uint8Array, start: number, lineFeed: number): number {
  return lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed
}

/** Steps back from `end` over at most 3 UTF-8 continuation bytes; stays when the bytes are no UTF-8. */
function characterEdge(bytes: Uint8Array, start: number, end: number): number {
  for (let edge = end; edge > end - 4 && edge > start + 1; edge -= 1) {
    if ((bytes[edge]! & 0xc0) !== 0x80) return edge
  }
  return end
}
