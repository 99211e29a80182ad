import { ArgumentCheck, ForgeError } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import type { EntryCodec } from '../read/entry-codec.ts'
import { eventCodec } from '../read/event-codec.ts'
import { patternsOverlap } from '../topic/patterns-overlap.ts'
import { compileTopicPattern, type TopicPattern } from '../topic/topic-pattern.ts'
import { upcastEvent } from './upcast-event.ts'
import { SCHEMA_VERSION_MEMBER, type UpcastDefinition, type UpcastStep } from './upcast-step.ts'

/** Each is tried for every topic that is read. */
export const UPCASTS_MAX = 1024
/** Topics whose steps are remembered; beyond it they are looked up anew. */
const TOPICS_REMEMBERED_MAX = 10_000

const check = new ArgumentCheck('STREAM_VALUE_INVALID')

interface Definition extends UpcastStep {
  readonly pattern: TopicPattern
}

/** The upcasts of a stream of events. They live with the process: define them before reading. */
export class Upcasts {
  #definitions: readonly Definition[] = []
  /** By topic: its steps, by the version they begin with. */
  #stepsByTopic = new Map<string, ReadonlyMap<number, UpcastStep>>()

  /** @throws STREAM_VALUE_INVALID, STREAM_PATTERN_INVALID, STREAM_LIMIT */
  define(given: UpcastDefinition): void {
    const checked = check.options(given, ['topic', 'from', 'to', 'apply'], 'the upcast')
    // The type; each member is looked at below.
    const { topic, from, to, apply } = checked as UpcastDefinition
    const pattern = compileTopicPattern(topic)
    if (!Number.isSafeInteger(from) || from < 1 || to !== from + 1)
      throw invalid('an upcast leads from a version of at least 1 to the next one')
    if (typeof apply !== 'function') throw invalid('an upcast has a function named apply')
    if (this.#definitions.length === UPCASTS_MAX)
      throw new ForgeError('STREAM_LIMIT', `a stream has at most ${UPCASTS_MAX} upcasts`, {
        details: { limit: UPCASTS_MAX },
      })
    const rival = this.#definitions.find(
      (one) => one.from === from && patternsOverlap(one.pattern.text, topic),
    )
    if (rival !== undefined)
      throw invalid(`the upcast of ${rival.pattern.text} from ${from} already covers topics of ${topic}`)
    const chain = this.#definitions.filter((one) => one.pattern.text === topic)
    if (chain.length > 0 && !chain.some((one) => one.to === from || one.from === to))
      throw invalid(`the upcasts of ${topic} have a gap before ${from} or after ${to}`)
    this.#definitions = [...this.#definitions, { pattern, from, to, apply }]
    this.#stepsByTopic.clear()
  }

  /** Makes events of rows, in their latest version. */
  get codec(): EntryCodec<EventMessage> {
    return {
      rows: 'events',
      decode: (place, id) => this.upcast(eventCodec.decode(place, id)),
    }
  }

  upcast(event: EventMessage): EventMessage {
    if (this.#definitions.length === 0) return event
    const stepOf = this.#stepsOf(event.topic)
    if (stepOf.size === 0) return event
    const version = event.metadata[SCHEMA_VERSION_MEMBER] ?? 1
    // Something else of this name belongs to the application.
    if (typeof version !== 'number') return event
    const steps: UpcastStep[] = []
    for (let step = stepOf.get(version); step !== undefined; step = stepOf.get(step.to)) steps.push(step)
    return upcastEvent(event, steps)
  }

  #stepsOf(topic: string): ReadonlyMap<number, UpcastStep> {
    const known = this.#stepsByTopic.get(topic)
    if (known !== undefined) return known
    const own = this.#definitions.filter(
      ({ pattern }) => pattern.matches(topic) && (!topic.startsWith('$') || pattern.text.startsWith('$')),
    )
    const steps = new Map(own.map((one) => [one.from, one]))
    if (this.#stepsByTopic.size >= TOPICS_REMEMBERED_MAX) this.#stepsByTopic.clear()
    this.#stepsByTopic.set(topic, steps)
    return steps
  }
}

function invalid(message: string): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', message, { details: { field: 'upcast' } })
}
