import { ForgeError } from '@forgeone/common'
import type { AckOptions, BatchHandler, Delivery, DeliveryHandler, Subscription } from '@forgeone/streams'
import type { AccessControl } from './access-control.ts'
import { topicResource } from './resource-pattern.ts'

export interface SubscriptionGuard {
  readonly access: AccessControl
  /** Whether the subscription may go on. @throws ACCESS_DENIED, ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  readonly authorize: () => void
  /** Whether events may be appended to a topic with an ack. @throws as `authorize` */
  readonly authorizeAppend: (resource: string) => void
  /** Makes what a call commits bear the principal. */
  readonly acting: <T>(call: () => T) => T
}

/** Deliveries behind their faces: only `ackAll` looks here. */
const behind = new WeakMap<object, Delivery>()

/** The arguments of `subscribe`, with handlers that get guarded deliveries while the right lasts. */
export function guardHandlers(args: readonly unknown[], guard: SubscriptionGuard): unknown[] {
  const [options, handler] = args
  const guarded = [...args]
  if (typeof handler === 'function') {
    // What `subscribe` takes in this place.
    const handle = handler as DeliveryHandler
    guarded[1] = (delivery: Delivery) => guard.acting(() => handle(handOut(delivery, guard)))
  }
  const batch =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'handlerBatch') : undefined
  if (typeof batch === 'function') {
    const handle = batch as BatchHandler
    const handlerBatch: BatchHandler = (deliveries) =>
      guard.acting(() => handle(deliveries.map((delivery) => handOut(delivery, guard))))
    guarded[0] = { ...(options as object), handlerBatch }
  }
  return guarded
}

/** A subscription that hands out guarded deliveries, and ends when its right does. */
export function guardSubscription(subscription: Subscription, guard: SubscriptionGuard): Subscription {
  const end = guard.access.onChange(() => {
    try {
      guard.authorize()
    } catch {
      end()
      void subscription.close()
    }
  })
  void subscription
    .done()
    .finally(end)
    .catch(() => undefined)
  const nextBatch: Subscription['nextBatch'] = async (max, options) => {
    guard.authorize()
    const deliveries = await guard.acting(() => subscription.nextBatch(max, options))
    return deliveries.map((delivery) => handOut(delivery, guard))
  }
  const face = {
    ready: subscription.ready,
    nextBatch,
    ackAll: (deliveries: readonly Delivery[]) => {
      const own = deliveries.flatMap((delivery) => behind.get(delivery) ?? [])
      return guard.acting(() => subscription.ackAll(own))
    },
    done: () => subscription.done(),
    close: () => subscription.close(),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const [delivery] = await nextBatch(1)
        if (delivery === undefined) return
        yield delivery
      }
    },
    [Symbol.asyncDispose]: () => subscription.close(),
  }
  // The public methods of a subscription, and nothing of it besides.
  return Object.freeze(Object.assign(Object.create(null), face)) as Subscription
}

function handOut(delivery: Delivery, guard: SubscriptionGuard): Delivery {
  guard.authorize()
  const { entry, attempt, position } = delivery
  const face = Object.create(null, { isOpen: { get: () => delivery.isOpen } })
  Object.assign(face, {
    entry,
    attempt,
    position,
    ack: async (options: AckOptions = {}) => {
      guard.authorize()
      const { append, alongside } = options
      if (alongside !== undefined) {
        throw new ForgeError('ACCESS_DENIED', 'rows of other components are written by the owner alone')
      }
      const events = append === undefined ? [] : [append].flat()
      for (const { topic } of events) guard.authorizeAppend(topicResource('events', String(topic)))
      return await guard.acting(() => delivery.ack(append === undefined ? {} : { append }))
    },
    nack: (options?: Parameters<Delivery['nack']>[0]) => guard.acting(() => delivery.nack(options)),
    extend: (milliseconds: number) => delivery.extend(milliseconds),
    deadLetter: (reason: string) => guard.acting(() => delivery.deadLetter(reason)),
  })
  behind.set(face, delivery)
  // The public methods of a delivery, and nothing of it besides.
  return Object.freeze(face) as Delivery
}
