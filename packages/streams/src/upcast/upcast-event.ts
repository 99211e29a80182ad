import { ForgeError, type JsonObject, type JsonValue, isPromise } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import { eventJson } from '../entry/event-record.ts'
import type { EventPriority } from '../entry/priority.ts'
import { SCHEMA_VERSION_MEMBER, type UpcastStep } from './upcast-step.ts'

/**
 * An event in a later version of its schema than the stored one. The payload is made when it is first asked for, so
 * that an upcast that fails stands in the way of its own event only.
 */
class UpcastEvent implements EventMessage {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string
  readonly #stored: EventMessage
  readonly #steps: readonly UpcastStep[]
  #made: { readonly payload: JsonValue | Uint8Array } | undefined

  constructor(stored: EventMessage, steps: readonly UpcastStep[]) {
    const { id, topic, timestamp, priority, metadata, checkpointMarker } = stored
    this.id = id
    this.topic = topic
    this.timestamp = timestamp
    this.priority = priority
    this.metadata = { ...metadata, [SCHEMA_VERSION_MEMBER]: steps.at(-1)!.to }
    if (checkpointMarker !== undefined) this.checkpointMarker = checkpointMarker
    this.#stored = stored
    this.#steps = steps
  }

  static storedOf(event: EventMessage): EventMessage {
    return event instanceof UpcastEvent ? event.#stored : event
  }

  /** @throws STREAM_UPCAST_FAILED */
  get payload(): JsonValue | Uint8Array {
    this.#made ??= { payload: this.#apply() }
    return this.#made.payload
  }

  /** Of what is stored. */
  get contentHash(): string {
    return this.#stored.contentHash
  }

  toJSON(): Record<string, unknown> {
    return eventJson(this)
  }

  #apply(): JsonValue | Uint8Array {
    const { id, topic, timestamp, priority } = this
    // A copy: what an upcast changes in place must not change what is stored, nor its hash.
    let payload = structuredClone(this.#stored.payload)
    for (const step of this.#steps) {
      const metadata = { ...this.metadata, [SCHEMA_VERSION_MEMBER]: step.from }
      let next: JsonValue | Uint8Array | Promise<unknown> | undefined
      try {
        next = step.apply(payload, { id, topic, timestamp, priority, metadata })
      } catch (cause) {
        throw failed(this, step, cause)
      }
      if (next === undefined || isPromise(next)) throw failed(this, step)
      payload = next
    }
    return payload
  }
}

/** An event with its payload in the version that the last of the steps makes. */
export function upcastEvent(stored: EventMessage, steps: readonly UpcastStep[]): EventMessage {
  return steps.length === 0 ? stored : new UpcastEvent(stored, steps)
}

/** The event as it is stored, whether or not it was upcast since. */
export function storedEvent(event: EventMessage): EventMessage {
  return UpcastEvent.storedOf(event)
}

function failed({ id, topic }: EventMessage, { from, to }: UpcastStep, cause?: unknown): ForgeError {
  const what = cause === undefined ? 'gave no value' : 'threw'
  return new ForgeError('STREAM_UPCAST_FAILED', `the upcast of ${topic} from ${from} to ${to} ${what}`, {
    cause,
    details: { id, topic, from, to },
  })
}
