import { copyPlain, ForgeError, readArgument } from '@forgeone/common'
import type { Receipt } from '../append/receipt.ts'
import type { EventMessage } from '../entry/entry.ts'
import type { EventReadOptions } from '../group/event-reads.ts'
import type { DeliveryHandler, SubscribeOptions } from '../group/group-options.ts'
import type { Delivery } from '../group/delivery.ts'
import type { Subscription } from '../group/subscription.ts'
import { streamCheck } from '../stream/stream-arguments.ts'
import type { EventAppendOptions } from '../stream/stream-options.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { issueText, type StandardSchema } from './standard-schema.ts'

/** What a topic needs of the events it is one of; each call is asked about for itself where rights are. */
export interface TopicEvents {
  append(
    input: readonly { readonly topic: string; readonly payload: never }[],
    options?: EventAppendOptions,
  ): Promise<Receipt>
  read(options?: EventReadOptions): AsyncIterable<EventMessage>
  subscribe(options: SubscribeOptions, handler?: DeliveryHandler): Subscription
}

/** One topic whose payloads fit a schema: checked when they are written, and again when they are read. */
export class EventTopic<Input, Output> {
  readonly name: string
  readonly #events: TopicEvents
  readonly #schema: StandardSchema<Input, Output>

  /** @throws STREAM_TOPIC_INVALID, STREAM_VALUE_INVALID for what is no schema */
  constructor(o: {
    readonly events: TopicEvents
    readonly name: string
    readonly schema: StandardSchema<Input, Output>
  }) {
    validateTopicName(o.name)
    checkSchema(o.schema)
    this.name = o.name
    this.#events = o.events
    this.#schema = o.schema
  }

  /**
   * Appends one payload or several, as they are given.
   * @throws STREAM_SCHEMA_MISMATCH before anything is written, and what `append` of events throws
   */
  async append(payload: Input | readonly Input[], options?: EventAppendOptions): Promise<Receipt> {
    // Those of the call: a schema may take its time, and what it has seen is what is written.
    const [payloads, chosen] = readArgument('STREAM_VALUE_INVALID', () =>
      copyPlain([isList(payload) ? payload : [payload], options] as const),
    )
    for (const one of payloads) await this.#validated(one, 'the payload')
    const events = payloads.map((one) => ({ topic: this.name, payload: one as never }))
    return await this.#events.append(events, chosen)
  }

  /** Events with what the schema makes of their payloads. @throws STREAM_SCHEMA_MISMATCH at one that does not fit */
  read(options: Omit<EventReadOptions, 'topic'> = {}): AsyncGenerator<EventMessage<Output>> {
    const chosen = readArgument('STREAM_VALUE_INVALID', () => ({ ...options, topic: this.name }))
    return this.#typedEach(this.#events.read(chosen))
  }

  /**
   * Takes part in a consumer group over this topic. An event that does not fit counts as one whose handler failed.
   * @throws what `subscribe` of events throws
   */
  subscribe(
    options: Omit<SubscribeOptions, 'topics' | 'handlerBatch'>,
    handler: (event: EventMessage<Output>, delivery: Delivery) => Promise<void> | void,
  ): Subscription {
    return this.#events.subscribe({ ...options, topics: this.name }, async (delivery) => {
      await handler(await this.#typed(delivery.entry), delivery)
    })
  }

  async *#typedEach(events: AsyncIterable<EventMessage>): AsyncGenerator<EventMessage<Output>> {
    for await (const event of events) yield await this.#typed(event)
  }

  async #typed(event: EventMessage): Promise<EventMessage<Output>> {
    const payload = await this.#validated(event.payload, `the payload of ${event.id}`)
    const { id, topic, timestamp, priority, metadata, checkpointMarker, contentHash } = event
    const marker = checkpointMarker === undefined ? {} : { checkpointMarker }
    return { id, topic, timestamp, priority, payload, metadata, ...marker, contentHash }
  }

  async #validated(value: unknown, what: string): Promise<Output> {
    const result = await this.#schema['~standard'].validate(value)
    if (result.issues === undefined) return result.value
    throw new ForgeError(
      'STREAM_SCHEMA_MISMATCH',
      `${what} does not fit the schema: ${issueText(result.issues)}`,
      {
        details: { topic: this.name },
      },
    )
  }
}

function isList<Input>(payload: Input | readonly Input[]): payload is readonly Input[] {
  return Array.isArray(payload)
}

function checkSchema(schema: unknown): void {
  try {
    const standard: unknown = Reflect.get(Object(schema), '~standard')
    const { version, validate } = Object(standard) as { version?: unknown; validate?: unknown }
    if (version === 1 && typeof validate === 'function') return
  } catch (cause) {
    throw streamCheck.refusal('the schema', 'cannot be read', cause)
  }
  throw streamCheck.refusal('the schema', 'is none of Standard Schema 1')
}
