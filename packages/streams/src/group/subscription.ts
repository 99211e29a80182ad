import { isForgeError, isError } from '@forgeone/common'
import type { ConsumerGroup } from './consumer-group.ts'
import type { Delivery, Taker } from './delivery.ts'
import type { DeliveryPolicy } from './group-definition.ts'
import { IN_FLIGHT_MAX } from './group-limits.ts'
import { checkedNumber, checkedWait } from './group-options.ts'

/** How a subscription finds its group, which may have to be created first. */
export interface Joining {
  readonly group: ConsumerGroup
  readonly policy: DeliveryPolicy
}

/**
 * A consumer of a group: ask it for deliveries, iterate over it, or give it a handler. Several of one group share its
 * events; each event goes to one of them. Closing it leaves open deliveries to their timeout.
 */
export class Subscription implements AsyncIterable<Delivery>, AsyncDisposable, Taker {
  readonly maxInFlight: number
  /** @internal */
  inFlight = 0
  /** @internal Set when the group is there. */
  policy: DeliveryPolicy
  /** Settles when the group exists and this subscription takes part in it. */
  readonly ready: Promise<void>
  readonly #joining: Promise<Joining>
  readonly #onClose: (subscription: Subscription) => Promise<void> | void
  /** Told when a delivery went back to its group. */
  readonly #onExpired = new Map<Delivery, () => void>()
  #isClosed = false
  #closing: Promise<void> | undefined
  #failure: unknown
  /** Handlers and their acks. */
  #work: Promise<void> = Promise.resolve()

  /** @internal Use `events.subscribe`. */
  constructor(o: {
    readonly maxInFlight: number
    readonly policy: DeliveryPolicy
    readonly joining: Promise<Joining>
    readonly onClose: (subscription: Subscription) => void
  }) {
    this.maxInFlight = o.maxInFlight
    this.policy = o.policy
    this.#onClose = o.onClose
    this.#joining = o.joining.then((joined) => {
      this.policy = joined.policy
      joined.group.join()
      return joined
    })
    this.ready = this.#joining.then(() => undefined)
    // Whoever takes a delivery sees the failure; a handler's is told by `done`.
    this.#joining.catch(() => undefined)
    this.ready.catch(() => undefined)
  }

  /**
   * Waits for at least one delivery, unless told not to.
   * @returns at most `max`; none when the subscription was closed, or with `wait: false` when there is none now
   * @throws STREAM_GROUP_UNKNOWN when the group was removed, STREAM_VALUE_INVALID, STREAM_BLOCK_DAMAGED, STORE_CLOSED
   */
  async nextBatch(
    max: number,
    options: { readonly wait?: boolean | undefined } = {},
  ): Promise<readonly Delivery[]> {
    const wait = checkedWait(options)
    checkedNumber(max, 'max', { min: 1, max: IN_FLIGHT_MAX })
    const { group } = await this.#joining
    return this.#isClosed ? [] : await group.take(this, max, wait)
  }

  /** Acks deliveries of this subscription in one commit; those that are not open any more are left alone. */
  async ackAll(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length > 0) await deliveries[0]!.settler.ackAll(deliveries)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delivery> {
    while (!this.#isClosed) {
      const [delivery] = await this.nextBatch(1)
      if (delivery === undefined) return
      yield delivery
    }
  }

  /** Settles when the handler will not be called any more. @throws what ended the subscription, except its close */
  async done(): Promise<void> {
    await this.#work
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Takes nothing more and waits for handlers that run and their acks. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#closing ??= this.#close()
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal */
  onExpired(delivery: Delivery): void {
    this.#onExpired.get(delivery)?.()
  }

  /** @internal Calls `handle` with deliveries as they come, so many at once and side by side. */
  run(o: {
    readonly handle: (deliveries: readonly Delivery[]) => unknown
    readonly batch: number
    readonly concurrency: number
  }): void {
    const workers = Array.from({ length: o.concurrency }, () => this.#runWorker(o))
    this.#work = Promise.all(workers).then(
      () => undefined,
      (cause: unknown) => {
        this.#isClosed = true
        // A handler that ends with its store did what it should.
        if (!isForgeError(cause, 'STORE_CLOSED')) this.#failure = cause
      },
    )
  }

  async #close(): Promise<void> {
    const joined = await this.#joining.catch(() => undefined)
    joined?.group.leave(this)
    await this.#work
    await this.#onClose(this)
  }

  async #runWorker(o: {
    readonly handle: (deliveries: readonly Delivery[]) => unknown
    readonly batch: number
  }): Promise<void> {
    const acks = new Set<Promise<void>>()
    for (;;) {
      const deliveries = await this.nextBatch(o.batch)
      if (deliveries.length === 0) break
      const outcome = await this.#handle(deliveries, o.handle)
      // The next ones are handled while this outcome is being written; `maxInFlight` bounds how many.
      const settled = this.#settle(deliveries, outcome).finally(() => acks.delete(settled))
      acks.add(settled)
      settled.catch((cause: unknown) => (this.#failure ??= cause))
      if (this.#failure !== undefined) break
    }
    await Promise.all(acks)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** @returns why the handler failed; undefined when it returned, or when all its deliveries expired meanwhile */
  async #handle(
    deliveries: readonly Delivery[],
    handle: (deliveries: readonly Delivery[]) => unknown,
  ): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const expire = (): void => {
      // A handler that hangs must not hold its place for ever.
      if (deliveries.every((delivery) => !delivery.isOpen)) resolve(undefined)
    }
    for (const delivery of deliveries) this.#onExpired.set(delivery, expire)
    try {
      await Promise.race([promise, (async () => await handle(deliveries))()])
      return undefined
    } catch (cause) {
      return isError(cause) ? cause.message : String(cause)
    } finally {
      for (const delivery of deliveries) this.#onExpired.delete(delivery)
    }
  }

  async #settle(deliveries: readonly Delivery[], failure: string | undefined): Promise<void> {
    if (failure === undefined) {
      await deliveries[0]!.settler.ackAll(deliveries)
      return
    }
    const nacks = deliveries.filter((delivery) => delivery.isOpen)
    const outcomes = await Promise.allSettled(nacks.map((delivery) => delivery.nack({ reason: failure })))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}
