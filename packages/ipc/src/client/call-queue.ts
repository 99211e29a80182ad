import { ForgeError } from '@forgeone/common'
import { CALL_BYTES_MAX, CALLS_IN_FLIGHT_MAX, CALLS_WAITING_MAX } from '../limits.ts'
import type { ClientCall } from './client-call.ts'

/** Half of what the server takes, so that it never has to refuse, and calls of live objects find room. */
const BYTES_IN_FLIGHT_MAX = CALL_BYTES_MAX / 2
const IN_FLIGHT_MAX = CALLS_IN_FLIGHT_MAX / 2

export interface QueuedCall {
  readonly id: number
  readonly call: ClientCall
  readonly body: Uint8Array
}

/** Lets so many calls go at once; the others wait here, in their order. */
export class CallQueue {
  readonly #send: (call: QueuedCall) => void
  readonly #waiting: QueuedCall[] = []
  #inFlight = 0
  #bytes = 0

  constructor(send: (call: QueuedCall) => void) {
    this.#send = send
  }

  /** @throws OVERLOADED */
  assertRoom(): void {
    if (this.#waiting.length >= CALLS_WAITING_MAX)
      throw new ForgeError('OVERLOADED', `${CALLS_WAITING_MAX} calls wait for earlier ones`)
  }

  /** @param isUrgent it may be what another one waits for */
  add(call: QueuedCall, { isUrgent }: { readonly isUrgent: boolean }): void {
    if (isUrgent || (this.#waiting.length === 0 && this.#hasRoom(call))) this.#go(call)
    else this.#waiting.push(call)
  }

  /** A call that went is over. */
  done(bytes: number): void {
    this.#inFlight--
    this.#bytes -= bytes
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#go(next)
    }
  }

  /** Takes a call back that has not gone. @returns undefined when it has */
  withdraw(id: number): QueuedCall | undefined {
    const index = this.#waiting.findIndex((each) => each.id === id)
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]
  }

  withdrawAll(): readonly QueuedCall[] {
    return this.#waiting.splice(0)
  }

  #go(call: QueuedCall): void {
    this.#inFlight++
    this.#bytes += call.body.length
    this.#send(call)
  }

  #hasRoom({ body }: QueuedCall): boolean {
    if (this.#inFlight === 0) return true
    return this.#inFlight < IN_FLIGHT_MAX && this.#bytes + body.length <= BYTES_IN_FLIGHT_MAX
  }
}
