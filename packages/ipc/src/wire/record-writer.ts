import type { Socket } from 'node:net'
import { RECORD_BYTES_TARGET } from '../limits.ts'
import { FRAME_HEAD_BYTES, RECORD_HEAD_BYTES } from './frame.ts'
import type { RecordCodes } from './record-code.ts'

interface WaitingFrame {
  readonly kind: number
  readonly id: number
  readonly body: Uint8Array | undefined
}

/** Gathers the frames of one turn and writes them as one record, with one code and one call of the system. */
export class RecordWriter {
  readonly #socket: Socket
  readonly #codes: RecordCodes
  #waiting: WaitingFrame[] = []
  #waitingBytes = 0
  #isScheduled = false
  /** Frames that were handed to the socket. */
  frames = 0

  constructor({ socket, codes }: { readonly socket: Socket; readonly codes: RecordCodes }) {
    this.#socket = socket
    this.#codes = codes
  }

  /** What was not taken by the system yet. */
  get unsentBytes(): number {
    return this.#waitingBytes + this.#socket.writableLength
  }

  /**
   * @param body handed over
   * @returns which of all frames it is, from 1
   */
  add(kind: number, id: number, body?: Uint8Array): number {
    const number = this.frames + this.#waiting.push({ kind, id, body })
    this.#waitingBytes += FRAME_HEAD_BYTES + (body?.length ?? 0)
    if (this.#waitingBytes >= RECORD_BYTES_TARGET) this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      // Behind the promises that settle in this turn: all their answers go together.
      process.nextTick(() => {
        this.#isScheduled = false
        this.flush()
      })
    }
    return number
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    const record = Buffer.allocUnsafe(RECORD_HEAD_BYTES + this.#waitingBytes)
    let at = RECORD_HEAD_BYTES
    for (const { kind, id, body } of this.#waiting) {
      at = record.writeUInt32BE(body?.length ?? 0, at)
      at = record.writeUInt8(kind, at)
      at = record.writeUInt32BE(id, at)
      if (body === undefined) continue
      record.set(body, at)
      at += body.length
    }
    record.writeUInt32BE(this.#waitingBytes, 0)
    record.set(this.#codes.next(record.subarray(RECORD_HEAD_BYTES)), 4)
    this.frames += this.#waiting.length
    this.#waiting = []
    this.#waitingBytes = 0
    if (!this.#socket.destroyed) this.#socket.write(record)
  }
}
