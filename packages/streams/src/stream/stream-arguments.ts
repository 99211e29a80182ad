import { ArgumentCheck, ForgeError, isDateObject, isMapObject } from '@forgeone/common'
import type { ExpectedVersion } from '../append/expected-version.ts'
import { TIMESTAMP_MS_MAX } from '../entry/limits.ts'
import { APPEND_BYTES_MAX, APPEND_ENTRIES_MAX } from '../append/append-limits.ts'
import type { ImportInput } from './identified-source.ts'
import type { ReadOptions } from './stream-options.ts'

/** Public methods check with it what callers pass. */
export const streamCheck: ArgumentCheck = new ArgumentCheck('STREAM_VALUE_INVALID')

const READ_NAMES = ['topic', 'from', 'to', 'limit', 'direction', 'signal'] as const
/** Names in a map of expected versions: an append has no more topics. */
const EXPECTED_TOPICS_MAX = 10_000
/** A source is named by a path or an address. */
const SOURCE_CHARS_MAX = 4_096

/** @throws STREAM_VALUE_INVALID */
export function checkedRead<Options extends object = ReadOptions>(given: Options | undefined): Options {
  const { limit, direction, ...others } = streamCheck.options(given, READ_NAMES)
  if (limit !== undefined && limit !== Number.POSITIVE_INFINITY) streamCheck.wholeNumber(limit, 'limit')
  if (direction !== undefined) streamCheck.oneOf(direction, ['forward', 'backward'], 'direction')
  checkBounds(others)
  // Every member was checked.
  return { ...others, limit, direction } as Options
}

/** @throws STREAM_VALUE_INVALID */
export function checkedTail<Options extends object>(given: Options | undefined): Options {
  const options = streamCheck.options(given, ['topic', 'from', 'signal'])
  checkBounds(options)
  // Every member was checked.
  return options as Options
}

/** Topics are checked as patterns, where one is compiled. */
function checkBounds({ from, to, signal }: { from?: unknown; to?: unknown; signal?: unknown }): void {
  checkBound(from, 'from')
  checkBound(to, 'to')
  streamCheck.signal(signal)
}

function checkBound(bound: unknown, what: string): void {
  if (bound === undefined || typeof bound === 'number' || typeof bound === 'string' || isDateObject(bound))
    return
  const { position, checkpoint } = streamCheck.options(bound, ['position', 'checkpoint'], what)
  if (checkpoint !== undefined) streamCheck.text(checkpoint, `${what}.checkpoint`)
  else if (typeof position !== 'string') checkPosition(position, `${what}.position`)
}

/** @throws STREAM_VALUE_INVALID */
export function checkPosition(position: unknown, what: string): void {
  const names = ['commitSequence', 'shard', 'sequence'] as const
  if (position === undefined) throw streamCheck.refusal(what, 'is missing')
  const parts = streamCheck.options(position, names, what)
  for (const name of names) streamCheck.wholeNumber(parts[name], `${what}.${name}`)
}

/** @throws STREAM_VALUE_INVALID */
export function checkedAppend(
  given: unknown,
  others: readonly 'deliverAfterMs'[] = [],
): {
  readonly expectedVersion?: ExpectedVersion
  readonly idempotencyKey?: string
  readonly deliverAfterMs?: number
} {
  const names = ['expectedVersion', 'idempotencyKey', ...others] as const
  const options = streamCheck.options(given, names)
  const { expectedVersion, idempotencyKey } = options
  if (expectedVersion !== undefined) checkExpectedVersion(expectedVersion)
  if (idempotencyKey !== undefined) streamCheck.text(idempotencyKey, 'idempotencyKey')
  // Every member was checked, but `deliverAfterMs`, which is where it is used.
  return options as ReturnType<typeof checkedAppend>
}

function checkExpectedVersion(expected: unknown): void {
  if (!(isMap(expected) && expected.size <= EXPECTED_TOPICS_MAX)) return checkVersion(expected)
  for (const [topic, version] of expected) {
    streamCheck.text(topic, 'a topic of expectedVersion')
    checkVersion(version)
  }
}

function checkVersion(version: unknown): void {
  if (version !== 'none' && version !== 'exists') streamCheck.wholeNumber(version, 'expectedVersion')
}

function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  try {
    return isMapObject(value)
  } catch {
    return false
  }
}

/** One entry or a list of them, each an object whose members can be read. @throws STREAM_VALUE_INVALID */
export function checkedEntries<Input extends object>(
  given: Input | readonly Input[],
  max: number,
): readonly Input[] {
  let isList: boolean
  try {
    isList = Array.isArray(given)
  } catch (cause) {
    throw streamCheck.refusal('the entry', 'cannot be read', cause)
  }
  // `Array.isArray` does not narrow readonly arrays.
  const entries = isList ? (given as readonly Input[]) : [given as Input]
  if (entries.length > max) {
    const details = { field: 'entries', limit: max }
    throw new ForgeError('STREAM_LIMIT', `one append takes at most ${max} entries`, { details })
  }
  // Those of a list with holes are visited too.
  for (let index = 0; index < entries.length; index++) {
    const entry: unknown = entries[index]
    if (typeof entry !== 'object' || entry === null) throw streamCheck.refusal('an entry', 'is no object')
  }
  return entries
}

/** @throws STREAM_VALUE_INVALID */
export function checkedInput(input: ImportInput): ImportInput {
  return typeof input === 'function' ? () => checkedChunks(input()) : checkedChunks(input)
}

/** Each chunk as it comes, checked; how to get them is asked once. @throws STREAM_VALUE_INVALID */
function checkedChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return eachChecked(chunksOnce(chunks))
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

function chunksOnce(chunks: AsyncIterable<Uint8Array> & Partial<Iterable<Uint8Array>>): Chunks {
  try {
    const one = chunks[Symbol.asyncIterator]
    if (typeof one === 'function') return { [Symbol.asyncIterator]: () => one.call(chunks) }
    const other = chunks[Symbol.iterator]
    if (typeof other === 'function') return { [Symbol.iterator]: () => other.call(chunks) }
  } catch (cause) {
    throw streamCheck.refusal('the source', 'cannot be read', cause)
  }
  throw streamCheck.refusal('the source', 'is no iterable of bytes')
}

async function* eachChecked(chunks: Chunks): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield streamCheck.bytes(chunk, 'a chunk of the source')
}

const IMPORT_NAMES = ['topic', 'source', 'run', 'format', 'onProgress', 'signal'] as const
const EVENT_IMPORT_NAMES = [...IMPORT_NAMES, 'authorizeTopic'] as const
const LOG_IMPORT_NAMES = [
  ...IMPORT_NAMES,
  'batchLines',
  'batchBytes',
  'zone',
  'year',
  'defaultTimestamp',
] as const

/** @throws STREAM_VALUE_INVALID */
export function checkedLogImport<Options extends object>(given: Options): Options {
  const options = streamCheck.options(given, LOG_IMPORT_NAMES)
  const { batchLines, batchBytes, zone, year, defaultTimestamp, format } = options
  checkImport(options)
  streamCheck.text(options.topic, 'topic')
  if (format !== undefined) streamCheck.text(format, 'format', { max: 64 })
  if (batchLines !== undefined)
    streamCheck.wholeNumber(batchLines, 'batchLines', { min: 1, max: APPEND_ENTRIES_MAX })
  if (batchBytes !== undefined)
    streamCheck.wholeNumber(batchBytes, 'batchBytes', { min: 1, max: APPEND_BYTES_MAX })
  if (zone !== undefined) streamCheck.text(zone, 'zone', { max: 64 })
  if (year !== undefined) streamCheck.wholeNumber(year, 'year', { min: 1, max: 9999 })
  if (defaultTimestamp !== undefined) {
    const range = { min: -TIMESTAMP_MS_MAX, max: TIMESTAMP_MS_MAX }
    streamCheck.wholeNumber(defaultTimestamp, 'defaultTimestamp', range)
  }
  // Every member was checked.
  return options as Options
}

/** @throws STREAM_VALUE_INVALID */
export function checkedEventImport<Options extends object>(given: Options): Options {
  const options = streamCheck.options(given, EVENT_IMPORT_NAMES)
  checkImport(options)
  const { authorizeTopic } = options
  if (authorizeTopic !== undefined) streamCheck.callback(authorizeTopic as () => void, 'authorizeTopic')
  if (options.format !== undefined) streamCheck.oneOf(options.format, ['jsonl', 'cloudevents'], 'format')
  // Every member was checked.
  return options as Options
}

function checkImport(o: { source?: unknown; run?: unknown; onProgress?: unknown; signal?: unknown }): void {
  if (o.source !== undefined) streamCheck.text(o.source, 'source', { min: 1, max: SOURCE_CHARS_MAX })
  if (o.run !== undefined) streamCheck.text(o.run, 'run', { min: 1, max: SOURCE_CHARS_MAX })
  if (o.onProgress !== undefined) streamCheck.callback(o.onProgress as () => void, 'onProgress')
  streamCheck.signal(o.signal)
}

/** @throws STREAM_VALUE_INVALID */
export function checkedCompaction<Options extends object>(given: Options | undefined): Options {
  const { level, signal, onProgress } = streamCheck.options(given, ['level', 'signal', 'onProgress'])
  if (level !== undefined) streamCheck.oneOf(level, ['fast', 'default', 'max'], 'level')
  if (onProgress !== undefined) streamCheck.callback(onProgress as () => void, 'onProgress')
  streamCheck.signal(signal)
  // Every member was checked.
  return { level, signal, onProgress } as Options
}

/** @throws STREAM_VALUE_INVALID */
export function checkedRetentionRun<Options extends object>(given: Options | undefined): Options {
  const options = streamCheck.options(given, ['dryRun', 'signal'])
  if (options.dryRun !== undefined) streamCheck.isTrue(options.dryRun, 'dryRun')
  streamCheck.signal(options.signal)
  // Every member was checked.
  return options as Options
}
