import { copyPlain, ForgeError } from '@forgeone/common'
import type { Position } from '../entry/position.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { deadLetterTopic } from './dead-letter.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryPolicy, GroupOrder } from './group-definition.ts'
import type { GroupHost } from './group-host.ts'
import { groupLag, type GroupLag } from './group-lag.ts'
import {
  checkedGroupText,
  checkedHandler,
  checkedPolicy,
  checkedRedrive,
  checkedStart,
  checkedSubscription,
  checkedTopics,
  checkGroupName,
  checkGroupOptions,
  checkSubscribeOptions,
  type DeliveryHandler,
  type GroupOptions,
  type GroupStart,
  type SubscribeOptions,
} from './group-options.ts'
import { GroupRegistry } from './group-registry.ts'
import { redrive } from './redrive.ts'
import { startPosition } from './start-position.ts'
import { Subscription, type Joining } from './subscription.ts'

/** What is known of a consumer group. */
export interface GroupInfo extends DeliveryPolicy {
  readonly name: string
  readonly topics: readonly string[]
  readonly order: GroupOrder
  readonly paused: boolean
  readonly createdAt: number
  /** Everything before is settled. */
  readonly position: Position
  readonly inFlight: number
  /** Entries that wait for a retry or their time. */
  readonly waiting: number
}

/** Names of the groups by which a redrive remembers how far it got. */
const REDRIVE_PREFIX = '$redrive.'
/** How long a close waits for handlers that run: what they do not finish is delivered again. */
const CLOSE_WAIT_MS = 5000

/** The consumer groups of a stream of events. */
export class EventGroups {
  readonly #host: GroupHost
  readonly #registry: GroupRegistry
  readonly #subscriptions = new Set<Subscription>()
  readonly #redriving = new Map<string, Promise<unknown>>()
  readonly #unwatch: () => void
  #isClosed = false

  private constructor(host: GroupHost, registry: GroupRegistry) {
    this.#host = host
    this.#registry = registry
    this.#unwatch = host.watch(() => registry.wake())
    host.onRemoval(async () => await registry.forgetRemoved())
    host.metrics.gauge('streams_group_in_flight', () => this.#sum((group) => group.settlement.inFlight))
    host.metrics.gauge('streams_group_waiting', () => this.#sum((group) => group.settlement.waiting))
  }

  /** @internal */
  static async open(host: GroupHost): Promise<EventGroups> {
    return new EventGroups(host, await GroupRegistry.open(host))
  }

  /**
   * Creates a group. Durable when it settles.
   * @throws STREAM_GROUP_EXISTS, STREAM_TOPIC_INVALID, STREAM_PATTERN_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT,
   *   STREAM_TIME_INVALID, STREAM_CHECKPOINT_UNKNOWN, DATABASE_OFFLINE
   */
  async create(name: string, options: GroupOptions): Promise<GroupInfo> {
    this.#assertOpen()
    checkGroupName(name)
    return infoOf(await this.#registry.create(name, checkGroupOptions(options)))
  }

  /** @returns undefined when there is no such group */
  get(name: string): GroupInfo | undefined {
    const group = this.#registry.find(checkedGroupText(name, 'the name of a group'))
    return group === undefined ? undefined : infoOf(group)
  }

  /** All groups, by name. */
  list(): readonly GroupInfo[] {
    return this.#registry
      .all()
      .filter(({ definition }) => !definition.name.startsWith(REDRIVE_PREFIX))
      .map(infoOf)
  }

  /** Forgets a group and its progress; its dead letters stay. @throws STREAM_GROUP_UNKNOWN */
  async remove(name: string): Promise<void> {
    this.#assertOpen()
    await this.#registry.remove(checkedGroupText(name, 'the name of a group'))
  }

  /** Hands nothing out until it is resumed; what is out may be settled. @throws STREAM_GROUP_UNKNOWN */
  async pause(name: string): Promise<void> {
    this.#assertOpen()
    await this.#registry.setPaused(checkedGroupText(name, 'the name of a group'), true)
  }

  /** @throws STREAM_GROUP_UNKNOWN */
  async resume(name: string): Promise<void> {
    this.#assertOpen()
    await this.#registry.setPaused(checkedGroupText(name, 'the name of a group'), false)
  }

  /**
   * Goes on at another place, back or forth. Attempts begin anew, and deliveries that are out expire.
   * @throws STREAM_GROUP_UNKNOWN, STREAM_VALUE_INVALID when the place lies outside the log, STREAM_TIME_INVALID,
   *   STREAM_CHECKPOINT_UNKNOWN
   */
  async seek(name: string, to: GroupStart): Promise<void> {
    this.#assertOpen()
    const group = this.#registry.require(checkedGroupText(name, 'the name of a group'))
    const start = checkedStart(to)
    const { clock, checkpoints, source, firstSince } = this.#host
    const head = (): Position | undefined => source.head()
    await group.seek(
      await startPosition(start, { clock, checkpoints, topics: group.topics, head, firstSince }),
    )
  }

  /** How far a group is behind; reads what it has not handed out. @throws STREAM_GROUP_UNKNOWN */
  async lag(name: string): Promise<GroupLag> {
    this.#assertOpen()
    return await groupLag(this.#registry.require(checkedGroupText(name, 'the name of a group')), this.#host)
  }

  /**
   * Appends the events of the group's dead letters to their topics once more, where every group of those topics sees
   * them. Each is moved once, also when this is interrupted.
   * @returns how many events were appended
   * @throws STREAM_GROUP_UNKNOWN, and what `append` throws
   */
  async redrive(name: string, options: { readonly limit?: number | undefined } = {}): Promise<number> {
    this.#assertOpen()
    this.#registry.require(checkedGroupText(name, 'the name of a group'))
    const limit = checkedRedrive(options)
    // Two at once would both move what both find.
    const earlier = this.#redriving.get(name) ?? Promise.resolve()
    const moving = earlier.catch(() => undefined).then(async () => await this.#redrive(name, limit))
    this.#redriving.set(name, moving)
    try {
      return await moving
    } finally {
      if (this.#redriving.get(name) === moving) this.#redriving.delete(name)
    }
  }

  /** @internal Use `events.subscribe`. */
  subscribe(given: SubscribeOptions, handler?: DeliveryHandler): Subscription {
    this.#assertOpen()
    const options = checkedSubscription(given)
    checkedHandler(handler)
    if (options.from !== undefined) checkedStart(options.from)
    checkGroupName(options.group)
    const { maxInFlight, batch, concurrency } = checkSubscribeOptions(options)
    // Checked at once, so that a mistake is told where it was made.
    if (options.topics !== undefined) checkedTopics(options.topics)
    if (handler !== undefined && options.handlerBatch !== undefined)
      throw new ForgeError('STREAM_VALUE_INVALID', 'give either a handler or handlerBatch')
    const subscription = new Subscription({
      maxInFlight,
      policy: checkedPolicy(options),
      joining: this.#join(options),
      onClose: (closed) => this.#subscriptions.delete(closed),
    })
    this.#subscriptions.add(subscription)
    if (handler !== undefined) {
      const handle = ([delivery]: readonly Delivery[]): unknown => handler(delivery!)
      subscription.run({ handle, batch: 1, concurrency })
    } else if (options.handlerBatch !== undefined)
      subscription.run({ handle: options.handlerBatch, batch, concurrency })
    return subscription
  }

  /** @internal Waits for handlers that run, a while, and for what is being written. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unwatch()
    let stopTimer: (() => void) | undefined
    const waited = new Promise<void>(
      (resolve) => (stopTimer = this.#host.timer.after(CLOSE_WAIT_MS, resolve)),
    )
    const closing = Promise.all([...this.#subscriptions].map(async (one) => await one.close()))
    await Promise.race([closing, waited])
    stopTimer?.()
    await this.#registry.close()
  }

  async #join(options: SubscribeOptions): Promise<Joining> {
    const { group: name, topics } = options
    const group = await this.#registry.findOrCreate(name, () => {
      if (topics === undefined)
        throw new ForgeError(
          'STREAM_GROUP_UNKNOWN',
          `there is no group ${JSON.stringify(name)}; name its topics to create it`,
        )
      const { from, order, ackTimeoutMs, maxDeliveries, backoffMs } = options
      return checkGroupOptions({ topics, from, order, ackTimeoutMs, maxDeliveries, backoffMs })
    })
    const { definition } = group
    const otherTopics =
      topics !== undefined && checkedTopics(topics).join(' ') !== definition.topics.join(' ')
    if (otherTopics || (options.order !== undefined && options.order !== definition.order)) {
      throw new ForgeError(
        'STREAM_GROUP_EXISTS',
        `the group ${JSON.stringify(name)} exists with other topics or another order`,
        { details: { topics: definition.topics, order: definition.order } },
      )
    }
    return { group, policy: checkedPolicy(options, definition) }
  }

  async #redrive(name: string, limit: number): Promise<number> {
    const { source, append, clock } = this.#host
    const reader = await this.#registry.findOrCreate(`${REDRIVE_PREFIX}${name}`, () =>
      checkGroupOptions({ topics: deadLetterTopic(name) }),
    )
    return await redrive({ reader, source, append, clock, limit })
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ForgeError('STORE_CLOSED', 'the store is closed')
  }

  #sum(read: (group: ConsumerGroup) => number): number {
    return this.#registry.all().reduce((sum, group) => sum + read(group), 0)
  }
}

function infoOf(group: ConsumerGroup): GroupInfo {
  const { id: _, ...definition } = group.definition
  const { inFlight, waiting } = group.settlement
  return copyPlain({ ...definition, position: group.floor, inFlight, waiting })
}
