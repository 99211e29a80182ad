import type { Socket } from 'node:net'
import { ForgeError, type Timer } from '@forgeone/common'
import { HANDSHAKE_BYTES_MAX, HANDSHAKE_MS } from '../limits.ts'

/** Reads a socket by fixed sizes, until both sides know each other or the time is up. */
export class HandshakeSocket {
  readonly #socket: Socket
  readonly #stopTimer: () => void
  #waiting: { readonly bytes: number; readonly resolve: (read: Buffer) => void } | undefined
  #reject: ((cause: ForgeError) => void) | undefined
  #failure: ForgeError | undefined
  readonly #look = (): void => this.#read()
  readonly #lose = (): void => this.#fail(new ForgeError('STORE_HOST_LOST', 'the other side has hung up'))

  constructor({ socket, timer }: { readonly socket: Socket; readonly timer: Timer }) {
    this.#socket = socket
    // Nothing is read ahead of what is asked for beyond one buffer of the system.
    socket.on('readable', this.#look)
    socket.on('end', this.#lose)
    socket.on('error', this.#lose)
    socket.on('close', this.#lose)
    this.#stopTimer = timer.after(HANDSHAKE_MS, () => {
      this.#fail(new ForgeError('STORE_HOST_LOST', `the other side was silent for ${HANDSHAKE_MS} ms`))
    })
  }

  /** @throws STORE_HOST_LOST */
  read(bytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      this.#waiting = { bytes, resolve }
      this.#reject = reject
      this.#read()
    })
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  /** Why it cannot go on, if it cannot. */
  get failure(): ForgeError | undefined {
    return this.#failure
  }

  /** Leaves the socket to whoever reads it from now on. */
  release(): void {
    this.#stopTimer()
    const socket = this.#socket
    socket.off('readable', this.#look).off('end', this.#lose).off('close', this.#lose)
    // Another listener comes before this one could be missed.
    socket.on('error', () => undefined).off('error', this.#lose)
  }

  #read(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#failure !== undefined) return
    if (this.#socket.bytesRead > HANDSHAKE_BYTES_MAX) {
      this.#fail(new ForgeError('IPC_PROTOCOL', 'the other side says more than a handshake has'))
      return
    }
    // Not whole when the other side has ended: that is told by its own event.
    const read = this.#socket.read(waiting.bytes) as Buffer | null
    if (read === null || read.length < waiting.bytes) return
    this.#waiting = undefined
    waiting.resolve(read)
  }

  #fail(cause: ForgeError): void {
    if (this.#failure !== undefined) return
    this.#failure = cause
    this.release()
    this.#socket.destroy()
    this.#reject?.(cause)
  }
}
