import type { Socket } from 'node:net'
import { ForgeError, isForgeError, type Timer } from '@forgeone/common'
import {
  CONGESTED_BYTES,
  PING_MS,
  PINGS_UNANSWERED_MAX,
  SLOW_CLIENT_MS,
  UNSENT_BYTES_END,
} from '../limits.ts'
import { FRAME } from './frame.ts'
import { RecordCodes, recordKey } from './record-code.ts'
import { RecordReader, type Frame } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** Who does not read what was sent last is cut off. */
const END_MS = 1000

/** Keys of one connection, one a direction. */
export interface SessionKeys {
  readonly sending: Uint8Array
  readonly receiving: Uint8Array
}

export interface WireOptions {
  readonly socket: Socket
  readonly keys: SessionKeys
  readonly timer: Timer
  /** What may wait before nothing more is heard of the other side; the connection ends with IPC_SLOW_CLIENT when it stays so. */
  readonly unsentBytesMax?: number | undefined
  /** @throws IPC_PROTOCOL to end the connection */
  readonly onFrame: (frame: Frame) => void
  /** Called once. @param cause why, if it was not the other side that ended it in good order */
  readonly onEnd: (cause: ForgeError | undefined) => void
}

/** Frames over a socket whose two sides know each other. */
export class Wire {
  readonly #socket: Socket
  readonly #writer: RecordWriter
  readonly #options: WireOptions
  readonly #stopPings: () => void
  #hasEnded = false
  #heard = true
  #unanswered = 0
  #draining: Promise<void> | undefined
  /** Whether it is waited until the other side reads. */
  #isStalled = false

  constructor(options: WireOptions) {
    const { socket, keys, timer, onFrame } = options
    this.#options = options
    this.#socket = socket
    this.#writer = new RecordWriter({ socket, codes: new RecordCodes(recordKey(keys.sending)) })
    const reader = new RecordReader({
      codes: new RecordCodes(recordKey(keys.receiving)),
      onFrame: (frame) => {
        if (frame.kind === FRAME.PING) this.send(FRAME.PONG, 0)
        else if (frame.kind !== FRAME.PONG && !this.#hasEnded) onFrame(frame)
      },
    })
    socket.on('data', (chunk: Buffer) => {
      this.#heard = true
      if (!this.#hasEnded) this.#guarded(() => reader.read(chunk))
    })
    // It is always followed by `close`.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#ended(undefined))
    socket.resume()
    this.#stopPings = timer.every(PING_MS, () => this.#ping())
  }

  get bytesIn(): number {
    return this.#socket.bytesRead
  }

  get bytesOut(): number {
    return this.#socket.bytesWritten
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Frames that were handed to the system so far. */
  get framesHandedOver(): number {
    return this.#writer.frames
  }

  /**
   * @param body handed over
   * @returns which of all frames it is, from 1; undefined when the connection has ended
   */
  send(kind: number, id: number, body?: Uint8Array): number | undefined {
    if (this.#hasEnded) return undefined
    this.#watchUnsent()
    if (this.#hasEnded) return undefined
    return this.#writer.add(kind, id, body)
  }

  /** Sends what waits, and ends the connection. The other side has a moment to read it. */
  end(): void {
    if (this.#hasEnded) return
    this.#writer.flush()
    this.#socket.end()
    this.#options.timer.after(END_MS, () => this.#socket.destroy())
    this.#ended(undefined)
  }

  destroy(cause: ForgeError): void {
    if (this.#hasEnded) return
    this.#ended(cause)
    this.#socket.destroy()
  }

  /** What to wait for before a stream goes on, if anything. */
  get congestion(): Promise<void> | undefined {
    if (this.#hasEnded || this.#writer.unsentBytes <= CONGESTED_BYTES) return undefined
    this.#draining ??= new Promise<void>((resolve) => {
      const drained = (): void => {
        this.#socket.off('drain', drained).off('close', drained)
        this.#draining = undefined
        resolve()
      }
      this.#socket.on('drain', drained).on('close', drained)
    })
    return this.#draining
  }

  /** Hears nothing more of who does not read, and cuts it off when it goes on so. */
  #watchUnsent(): void {
    const { unsentBytesMax, timer } = this.#options
    const { unsentBytes } = this.#writer
    if (unsentBytesMax === undefined || unsentBytes <= unsentBytesMax) return
    const end = (): void =>
      this.destroy(new ForgeError('IPC_SLOW_CLIENT', 'a client does not read what it asked for'))
    if (unsentBytes > UNSENT_BYTES_END) end()
    if (this.#isStalled || this.#hasEnded) return
    this.#isStalled = true
    this.#socket.pause()
    const stop = timer.after(SLOW_CLIENT_MS, end)
    void this.congestion?.then(() => {
      stop()
      this.#isStalled = false
      if (!this.#hasEnded) this.#socket.resume()
    })
  }

  #guarded(read: () => void): void {
    try {
      read()
    } catch (cause) {
      this.destroy(
        isForgeError(cause) ? cause : new ForgeError('IPC_PROTOCOL', 'a frame could not be read', { cause }),
      )
    }
  }

  #ended(cause: ForgeError | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#stopPings()
    this.#options.onEnd(cause)
  }

  #ping(): void {
    if (this.#heard) this.#unanswered = 0
    else if (++this.#unanswered >= PINGS_UNANSWERED_MAX) {
      this.destroy(new ForgeError('STORE_HOST_LOST', 'the other side does not answer any more'))
      return
    }
    this.#heard = false
    this.send(FRAME.PING, 0)
  }
}
