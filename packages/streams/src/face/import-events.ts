import { isUtf8 } from 'node:buffer'
import {
  ArgumentCheck,
  ForgeError,
  isForgeError,
  parseExactJson,
  tellProgress,
  utf8Decode,
  type JsonObject,
  type JsonValue,
} from '@forgeone/common'
import { readPayload } from '../entry/bytes-in-json.ts'
import type { EventInput, EventMessage } from '../entry/entry.ts'
import { parsePriority } from '../entry/priority.ts'
import { cloudEventLines } from '../cloud-events/cloud-event-lines.ts'
import { fromCloudEvent } from '../cloud-events/from-cloud-event.ts'
import { validateEventInput } from '../entry/validate.ts'
import { LineSplitter, type LineSlice } from '../import/lines/line-splitter.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { EndingAtFailure } from '../import/ending-at-failure.ts'
import { withoutLeadingNuls } from '../import/leading-nuls.ts'
import { LateChunks } from '../import/late-chunks.ts'
import { identifySource, type IdentifiedSource, type ImportInput } from '../stream/identified-source.ts'
import type { StreamCore } from '../stream/stream-core.ts'

/** A batch becomes one commit. */
const BATCH_EVENTS = 1000
const BATCH_BYTES = 4 * 1024 * 1024
/** Events of a pipe that goes on are kept this long after they came, also one alone. */
const BATCH_MS_MAX = 1000
/** A payload of the largest size, its JSON escapes and the other members. */
const EVENT_LINE_BYTES_MAX = 4 * 1024 * 1024

/** Any other would be left behind without a word. */
const EVENT_MEMBERS = [
  'topic',
  'payload',
  'timestamp',
  'priority',
  'metadata',
  'id',
  'checkpointMarker',
  // Made anew, since it covers the place of the event.
  'contentHash',
] as const
const MEMBERS_CHECK = new ArgumentCheck('STREAM_VALUE_INVALID')

/** `jsonl`: as `toJSON` of events gives them; `cloudevents`: CloudEvents 1.0 in JSON, structured mode. */
export type EventFormat = 'jsonl' | 'cloudevents'

export interface EventImportOptions {
  /** `jsonl` when absent. */
  readonly format?: EventFormat | undefined
  /** For lines that name none; such a line may also be nothing but the payload. Takes the place of a CloudEvent's type. */
  readonly topic?: string | undefined
  /** Asked about the topic of each event, wherever it comes from, before it is taken; what it throws ends the import. */
  readonly authorizeTopic?: ((topic: string) => void) | undefined
  /**
   * Names the sources that are told apart by what they hold: one that was imported under the name goes on where that ended,
   * wherever it lies by now.
   */
  readonly source?: string | undefined
  /**
   * Sources that are imported under one name in the same run lie side by side, so that none goes on where another of them ended,
   * even if all of it is the beginning of this one.
   */
  readonly run?: string | undefined
  readonly onProgress?:
    | ((progress: { readonly events: number; readonly rawBytes: number }) => void)
    | undefined
  /** Stops after the commit under way. */
  readonly signal?: AbortSignal | undefined
}

export interface EventImportResult {
  readonly events: number
  readonly rawBytes: number
  readonly resumedAt: number
  readonly interrupted: boolean
}

/**
 * Reads events from CloudEvents (JSON lines of events or batches, or one document), or from JSON lines, as `events export` writes them: `topic`, `payload`, and optionally `timestamp`,
 * `priority`, `metadata`, `id`, `checkpointMarker`; `contentHash` is made anew. A line that cannot be an event, or that has other
 * members, stops the import before it.
 * @throws STREAM_VALUE_INVALID with `details.line`, and what `append` throws
 */
export async function importEvents(
  core: StreamCore<EventMessage>,
  given: ImportInput,
  options: EventImportOptions,
): Promise<EventImportResult> {
  const { source, run, signal, format = 'jsonl' } = options
  if (options.topic !== undefined) validateTopicName(options.topic)
  const lines = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
    format === 'cloudevents'
      ? cloudEventLines(withoutLeadingNuls(chunks), signal)
      : withoutLeadingNuls(chunks)
  const input = typeof given === 'function' ? () => lines(given()) : lines(given)
  // All events of a source share one row of progress, wherever their topics live.
  const topic = options.topic ?? '$import'
  const name = source === undefined ? undefined : `${format}\0${source}`
  // Two at once would both find that nothing is stored.
  return await core.importTurns.run(name && `${topic}\0${name}`, async () =>
    importIdentified(core, await identifySource(core, input, { topic, source: name, run }), options),
  )
}

async function importIdentified(
  core: StreamCore<EventMessage>,
  source: IdentifiedSource,
  options: EventImportOptions,
): Promise<EventImportResult> {
  const { signal } = options
  const resumedAt = source.startOffset
  const batch = new EventBatch(core, options)
  let slices: LineSlice[] = []
  const splitter = new LineSplitter((slice) => slices.push(slice), EVENT_LINE_BYTES_MAX)
  let offset = 0
  let line = 0
  let interrupted = false
  const take = async (): Promise<void> => {
    for (const slice of slices) {
      line++
      const begin = offset
      offset +=
        slice.end - slice.start + (slice.terminator === 'none' ? 0 : slice.terminator === 'crlf' ? 2 : 1)
      if (slice.continued) throw lineError(line, 'is longer than an event may be')
      if (offset <= resumedAt) continue
      batch.add(begin < resumedAt ? restOf(slice, resumedAt - begin) : slice, line, offset)
      if (batch.isFull) await batch.commit(source)
    }
    slices = []
  }
  const chunks = new EndingAtFailure(source.chunks)
  try {
    await using late = new LateChunks(chunks, { timer: core.timer, afterMs: BATCH_MS_MAX })
    for (let next = await late.next(); next !== 'end'; next = await late.next()) {
      interrupted = signal?.aborted === true
      if (interrupted) break
      if (next === 'late') await batch.commit(source)
      else splitter.push(next)
      await take()
      late.expect(batch.hasEvents)
    }
    // A source may also end because it was told to stop.
    interrupted ||= signal?.aborted === true
    if (!interrupted) {
      // What a damaged source ends with may be half a line.
      if (!chunks.failed) splitter.flush()
      await take()
    }
  } finally {
    // Lines before a bad one are good; they are kept, and a second run begins at the bad one.
    await batch.commit(source)
  }
  chunks.throwFailure()
  return { events: batch.events, rawBytes: batch.rawBytes, resumedAt, interrupted }
}

/** Of a line that was taken when it had no end yet: only its end may come behind that. */
function restOf(slice: LineSlice, takenBytes: number): LineSlice {
  return { ...slice, start: Math.min(slice.end, slice.start + takenBytes) }
}

class EventBatch {
  readonly #core: StreamCore<EventMessage>
  readonly #options: EventImportOptions
  #inputs: EventInput[] = []
  #bytes = 0
  #endOffset = 0
  events = 0
  rawBytes = 0

  constructor(core: StreamCore<EventMessage>, options: EventImportOptions) {
    this.#core = core
    this.#options = options
  }

  get isFull(): boolean {
    return this.#inputs.length >= BATCH_EVENTS || this.#bytes >= BATCH_BYTES
  }

  add(slice: LineSlice, line: number, endOffset: number): void {
    const text = textOfLine(slice, line)
    const bytes = slice.end - slice.start + 1
    if (text.trim() !== '') {
      const input = parseEventLine(text, line, this.#options)
      this.#options.authorizeTopic?.(input.topic)
      this.#inputs.push(input)
    }
    // Only now: progress must not pass a line that is no event.
    this.#bytes += bytes
    this.rawBytes += bytes
    this.#endOffset = endOffset
  }

  get hasEvents(): boolean {
    return this.#inputs.length > 0
  }

  async commit({ advance, confirm }: Pick<IdentifiedSource, 'advance' | 'confirm'>): Promise<void> {
    if (this.#inputs.length === 0) return
    const now = this.#core.clock.now()
    const rows = this.#inputs.map((input) => validateEventInput(input, now))
    const endOffset = this.#endOffset
    await this.#core.append(
      rows,
      advance && { alongside: (_changes, { place }) => advance(endOffset, place.sequence) },
    )
    confirm()
    this.events += rows.length
    this.#inputs = []
    this.#bytes = 0
    tellProgress(this.#options.onProgress, { events: this.events, rawBytes: this.rawBytes })
  }
}

function lineError(line: number, reason: string, cause?: unknown): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', `line ${line} ${reason}`, {
    cause,
    details: { line },
    hint: 'Correct the line and run the import again; it goes on from there.',
  })
}

function textOfLine({ source, start, end }: LineSlice, line: number): string {
  const bytes = source.subarray(start, end)
  if (!isUtf8(bytes)) throw lineError(line, 'is no UTF-8 text')
  const text = utf8Decode(bytes)
  // A byte order mark says how the file is encoded; it is no part of the first event.
  return line === 1 ? text.replace(/^\uFEFF/, '') : text
}

function parseEventLine(
  text: string,
  line: number,
  { format, topic }: Pick<EventImportOptions, 'format' | 'topic'>,
): EventInput {
  try {
    const value = parseExactJson(text, { code: 'STREAM_VALUE_INVALID', what: 'it' })
    return checkedEvent(format === 'cloudevents' ? fromCloudEvent(value, topic) : toEvent(value, topic))
  } catch (cause) {
    if (!isForgeError(cause)) throw cause
    throw lineError(line, `is not an event: ${cause.message}`, cause)
  }
}

/** Checked at once, so that the error names the line and not its batch. */
function checkedEvent(input: EventInput): EventInput {
  validateTopicName(input.topic)
  validateEventInput(input, 0)
  return input
}

function toEvent(value: JsonValue, defaultTopic: string | undefined): EventInput {
  if (!isObject(value) || !('payload' in value)) {
    if (defaultTopic === undefined) throw invalid('it has no payload member and no topic was given')
    return { topic: defaultTopic, payload: value }
  }
  MEMBERS_CHECK.options(value, EVENT_MEMBERS, 'it')
  const { topic = defaultTopic, payload, timestamp, priority, metadata, id, checkpointMarker } = value
  if (typeof topic !== 'string') throw invalid('it names no topic')
  if (payload === undefined) throw invalid('it has no payload')
  return {
    topic,
    payload: payloadOf(payload),
    timestamp: timestamp === undefined ? undefined : timeOf(timestamp),
    priority: priority === undefined ? undefined : parsePriority(textOf(priority, 'priority')),
    metadata: metadata === undefined ? undefined : objectOf(metadata),
    id: id === undefined ? undefined : clientIdOf(textOf(id, 'id')),
    checkpointMarker:
      checkpointMarker === undefined ? undefined : textOf(checkpointMarker, 'checkpointMarker'),
  }
}

/** An id that a store gave out says where an entry lay there; here the event gets a new one. */
function clientIdOf(id: string): string | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{2}1-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id) ? undefined : id
}

function payloadOf(value: JsonValue): JsonValue | Uint8Array {
  const payload = readPayload(value)
  if (payload === undefined) throw invalid('its $bytes is not base64')
  return payload
}

function timeOf(value: JsonValue): number {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw invalid('its timestamp is neither a number nor a text')
  return parseTimeExpression(value, 0)
}

function textOf(value: JsonValue, member: string): string {
  if (typeof value !== 'string') throw invalid(`its ${member} is not a text`)
  return value
}

function objectOf(value: JsonValue): JsonObject {
  if (!isObject(value)) throw invalid('its metadata is not an object')
  return value
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(reason: string): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', reason)
}
