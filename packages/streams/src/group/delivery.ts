import type { Operation } from '@forgeone/engine'
import type { Receipt } from '../append/receipt.ts'
import type { EventInput, EventMessage } from '../entry/entry.ts'
import type { Position } from '../entry/position.ts'
import type { DeliveryPolicy } from './group-definition.ts'
import type { Lease } from './lease.ts'

export interface AckOptions {
  /** Events that become durable in the same commit as the ack, or not at all. */
  readonly append?: EventInput | readonly EventInput[] | undefined
  /** Rows of another component for the same commit; called once, when the ack is taken. */
  readonly alongside?: (() => readonly Operation[]) | undefined
}

export interface NackOptions {
  /** Wait before the next attempt, instead of the group's backoff. */
  readonly delayMs?: number | undefined
  /** For the dead letter, should this have been the last attempt. */
  readonly reason?: string | undefined
}

/** Who deliveries are handed to. */
export interface Taker {
  readonly policy: DeliveryPolicy
  readonly maxInFlight: number
  /** Deliveries out, those whose ack is being written included. */
  inFlight: number
  /** One of its deliveries went back to the group. */
  onExpired(delivery: Delivery): void
}

/** What becomes of deliveries. */
export interface DeliverySettler {
  ack(delivery: Delivery, options: AckOptions): Promise<Receipt | undefined>
  ackAll(deliveries: readonly Delivery[]): Promise<void>
  nack(delivery: Delivery, options: NackOptions): Promise<void>
  extend(delivery: Delivery, milliseconds: number): void
  deadLetter(delivery: Delivery, reason: string): Promise<void>
}

/**
 * One event on its way through a consumer group. Delivery is at least once: a consumer that stops between its effect
 * and its ack sees the event again, unless the effect is part of the ack's commit.
 */
export class Delivery {
  readonly entry: EventMessage
  /** 1 for the first time the event is handed out. */
  readonly attempt: number
  readonly position: Position
  /** @internal */
  readonly lease: Lease
  /** @internal */
  readonly taker: Taker
  /** @internal `expired`: it went to somebody else. */
  outcome: 'open' | 'settled' | 'expired' = 'open'
  /** @internal */
  readonly settler: DeliverySettler

  /** @internal */
  constructor(o: { lease: Lease; entry: EventMessage; taker: Taker; settler: DeliverySettler }) {
    this.lease = o.lease
    this.entry = o.entry
    this.attempt = o.lease.attempts
    this.position = o.lease.position
    this.taker = o.taker
    this.settler = o.settler
  }

  /** False once it was settled or went to somebody else. */
  get isOpen(): boolean {
    return this.outcome === 'open'
  }

  /**
   * The event is done with; durable when this settles. Events to append share the commit of the ack, so their effect
   * happens exactly once.
   * @returns the receipt of the events appended
   * @throws STREAM_DELIVERY_EXPIRED, STREAM_DELIVERY_SETTLED, COMMIT_INVALID, and what `append` throws: the delivery
   *   then stays open
   */
  async ack(options: AckOptions = {}): Promise<Receipt | undefined> {
    return await this.settler.ack(this, options)
  }

  /**
   * Gives the event back, to be handed out again after a while; after the last attempt it becomes a dead letter.
   * @throws STREAM_DELIVERY_EXPIRED, STREAM_DELIVERY_SETTLED, STREAM_VALUE_INVALID
   */
  async nack(options: NackOptions = {}): Promise<void> {
    await this.settler.nack(this, options)
  }

  /**
   * Allows so many milliseconds more, counted from now.
   * @throws STREAM_DELIVERY_EXPIRED, STREAM_DELIVERY_SETTLED, STREAM_VALUE_INVALID
   */
  extend(milliseconds: number): void {
    this.settler.extend(this, milliseconds)
  }

  /**
   * Moves the event to the topic `$dead.<group>` at once.
   * @throws STREAM_DELIVERY_EXPIRED, STREAM_DELIVERY_SETTLED, and what `append` throws
   */
  async deadLetter(reason: string): Promise<void> {
    await this.settler.deadLetter(this, reason)
  }
}
