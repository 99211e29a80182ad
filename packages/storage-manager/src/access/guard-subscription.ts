import { ForgeError, snapshotArguments } from '@forgeone/common'
import {
  topicResource,
  type AckOptions,
  type BatchHandler,
  type Delivery,
  type DeliveryHandler,
  type Subscription,
} from '@forgeone/streams'
import type { AccessControl } from './access-control.ts'
import { callForPrincipal, settledForPrincipal } from './error-for-principal.ts'

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

export type SubscribeCall = (...args: unknown[]) => Subscription

/**
 * Subscribes as a principal: handlers and `nextBatch` hand out guarded deliveries, and the subscription is closed as soon
 * as its right is found to have ended. What was on its way to a handler then goes back, and counts as one attempt.
 */
export function guardSubscribe(
  subscribe: SubscribeCall,
  args: readonly unknown[],
  guard: SubscriptionGuard,
): Subscription {
  const close = async (): Promise<void> => {
    unlisten()
    await subscription.close()
  }
  const closing: SubscriptionGuard = {
    ...guard,
    authorize: () => {
      try {
        guard.authorize()
      } catch (refused) {
        // Before the next delivery is taken: one that no handler may see would be tried again until it is a dead letter.
        void close()
        throw refused
      }
    },
  }
  const subscription = subscribe(...guardHandlers(args, closing))
  const unlisten = guard.access.onChange(() => {
    try {
      closing.authorize()
    } catch {
      // It was closed.
    }
  })
  void subscription.done().catch(unlisten)
  return faceOf(subscription, { guard: closing, close })
}

/** The arguments of `subscribe`, with handlers that get guarded deliveries while the right lasts. */
function guardHandlers(args: readonly unknown[], guard: SubscriptionGuard): unknown[] {
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

function faceOf(
  subscription: Subscription,
  { guard, close }: { readonly guard: SubscriptionGuard; readonly close: () => Promise<void> },
): Subscription {
  const nextBatch: Subscription['nextBatch'] = async (max, options) => {
    guard.authorize()
    const deliveries = await settledForPrincipal(guard.acting(() => subscription.nextBatch(max, options)))
    return deliveries.map((delivery) => handOut(delivery, guard))
  }
  const ready = settledForPrincipal(subscription.ready)
  // Whoever waits hears of it; nobody has to.
  ready.catch(() => undefined)
  const face = {
    ready,
    nextBatch,
    ackAll: async (deliveries: readonly Delivery[]) => {
      guard.authorize()
      const own = deliveries.flatMap((delivery) => behind.get(delivery) ?? [])
      return await settledForPrincipal(guard.acting(() => subscription.ackAll(own)))
    },
    done: () => settledForPrincipal(subscription.done()),
    close,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const [delivery] = await nextBatch(1)
        if (delivery === undefined) return
        yield delivery
      }
    },
    [Symbol.asyncDispose]: close,
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
      // Read once: what is asked about is what is appended.
      const [read] = snapshotArguments([options])
      const { append, alongside } = Object(read) as AckOptions
      if (alongside !== undefined) {
        throw new ForgeError('ACCESS_DENIED', 'rows of other components are written by the owner alone')
      }
      const events = append === undefined ? [] : [append].flat()
      for (const { topic } of events) guard.authorizeAppend(topicResource('events', topic))
      return await settledForPrincipal(
        guard.acting(() => delivery.ack(append === undefined ? {} : { append })),
      )
    },
    // What was handed out before the right ended is settled no more by who has lost it: it goes back by itself.
    nack: async (options?: Parameters<Delivery['nack']>[0]) => {
      guard.authorize()
      return await settledForPrincipal(guard.acting(() => delivery.nack(options)))
    },
    extend: (milliseconds: number) => {
      guard.authorize()
      return callForPrincipal(() => delivery.extend(milliseconds))
    },
    deadLetter: async (reason: string) => {
      guard.authorize()
      return await settledForPrincipal(guard.acting(() => delivery.deadLetter(reason)))
    },
  })
  behind.set(face, delivery)
  // The public methods of a delivery, and nothing of it besides.
  return Object.freeze(face) as Delivery
}
