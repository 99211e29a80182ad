import { ForgeError } from '@forgeone/common'
import { FRAME_BYTES_MAX, RECORD_BYTES_TARGET } from '../limits.ts'
import { FRAME_HEAD_BYTES, RECORD_HEAD_BYTES } from './frame.ts'
import type { RecordCodes } from './record-code.ts'

/** A record is written before it reaches its target, but for one frame. */
const RECORD_BYTES_MAX = FRAME_BYTES_MAX + FRAME_HEAD_BYTES + RECORD_BYTES_TARGET

export interface Frame {
  readonly kind: number
  readonly id: number
  /** A view of what was read: whoever keeps it keeps all of the record. */
  readonly body: Buffer
}

/** Makes frames of the bytes of a socket: none is handed out before the record that it is in is whole and authentic. */
export class RecordReader {
  readonly #codes: RecordCodes
  readonly #onFrame: (frame: Frame) => void
  #chunks: Buffer[] = []
  #bytes = 0
  /** Of the record that is read; undefined while its head is not there. */
  #expected: number | undefined

  constructor(o: { readonly codes: RecordCodes; readonly onFrame: (frame: Frame) => void }) {
    this.#codes = o.codes
    this.#onFrame = o.onFrame
  }

  /** @throws IPC_PROTOCOL, and what `onFrame` throws */
  read(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    for (;;) {
      if (this.#expected === undefined) {
        if (this.#bytes < RECORD_HEAD_BYTES) return
        const length = this.#joined().readUInt32BE(0)
        if (length < FRAME_HEAD_BYTES || length > RECORD_BYTES_MAX)
          throw broken('a record of an impossible size')
        this.#expected = RECORD_HEAD_BYTES + length
      }
      if (this.#bytes < this.#expected) return
      const bytes = this.#joined()
      const record = bytes.subarray(0, this.#expected)
      this.#chunks = this.#bytes === this.#expected ? [] : [bytes.subarray(this.#expected)]
      this.#bytes -= this.#expected
      this.#expected = undefined
      this.#readRecord(record)
    }
  }

  /** In one piece. A record that came in many is joined twice at most: for its head, and when it is whole. */
  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)]
    return this.#chunks[0]!
  }

  #readRecord(record: Buffer): void {
    const frames = record.subarray(RECORD_HEAD_BYTES)
    if (!this.#codes.isNext({ code: record.subarray(4, RECORD_HEAD_BYTES), frames })) {
      throw broken('a record that is not authentic')
    }
    let at = 0
    while (at < frames.length) {
      if (frames.length - at < FRAME_HEAD_BYTES) throw broken('half a frame')
      const length = frames.readUInt32BE(at)
      const kind = frames[at + 4]!
      const id = frames.readUInt32BE(at + 5)
      at += FRAME_HEAD_BYTES
      if (length > FRAME_BYTES_MAX || length > frames.length - at)
        throw broken('a frame of an impossible size')
      this.#onFrame({ kind, id, body: frames.subarray(at, at + length) })
      at += length
    }
  }
}

function broken(what: string): ForgeError {
  return new ForgeError('IPC_PROTOCOL', `the other side sent ${what}`)
}
