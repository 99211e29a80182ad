import { ByteReader, equalBytes, utf8Decode } from '@forgeone/common'
import { BlockColumns, encodeColumns } from '../block/block-columns.ts'
import { runContent, type RunPlace, type SequenceSpan } from '../block/run-proof.ts'
import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import type { EventMessage, LogEntry } from '../entry/entry.ts'
import { TIMESTAMP_MS_MAX } from '../entry/limits.ts'
import { eventCodec } from '../read/event-codec.ts'
import { logCodec } from '../read/log-codec.ts'
import { rowOfEntry } from './row-of-entry.ts'
import { RunRows } from './run-rows.ts'

/** Entries of one topic that one commit appended to one shard. */
export interface RunEntries {
  /** Logs where the run lies in a database of logs, else events; in the order of their sequences. */
  readonly entries: readonly LogEntry[] | readonly EventMessage[]
  readonly kind: 'logs' | 'events'
  readonly topic: string
  /** Milliseconds since 1970, by the clock of the host that committed. */
  readonly commitTime: number
}

const MAGIC = 0x4652
const VERSION = 1
/** An id of an entry has 22 bits for the topic. */
const TOPIC_IDS: number = 2 ** 22

/**
 * Reads what the hash of a run is of (`EntryProof.content`, or the content of a receipt's entry part), of any origin.
 * It proves nothing: whoever shows the entries as proven has compared the hash of these bytes before.
 * @returns undefined for bytes that are no run, and for those that would be shown other than they were hashed: the
 *   entries returned give the very same bytes when they are encoded again
 */
export function readRunContent(content: Uint8Array): RunEntries | undefined {
  try {
    const { place, columns } = readPlace(content)
    const database = /^(logs|events)_shard_(\d{1,3})$/.exec(place.database)
    const sequences = sequencesOf(place, content.length)
    if (database === null || sequences === undefined) return undefined
    const prefix = entryIdPrefix({ commitTime: place.commitTime, shard: Number(database[2]) })
    const ids = sequences.map((sequence) => entryId(prefix, { sequence, topicId: place.topicId }))
    const block = new RunRows(new BlockColumns(columns, sequences.length))
    const rows = sequences.map((_, row) => ({ block, row, topic: place.topic }))
    const idOf = (row: number): string => block.clientIdOf(row) ?? ids[row]!
    const { topic, commitTime } = place
    const kind = database[1] === 'logs' ? 'logs' : 'events'
    const entries =
      kind === 'logs'
        ? rows.map((row) => logCodec.decode(row, idOf(row.row)))
        : rows.map((row) => eventCodec.decode(row, idOf(row.row)))
    if (entries.some(({ timestamp }) => Math.abs(timestamp) > TIMESTAMP_MS_MAX)) return undefined
    const again = encodeColumns(entries.map((entry, row) => rowOfEntry(entry, ids[row]!))).bytes
    if (!equalBytes(runContent(place, again), content)) return undefined
    // Which of the two it is was asked for above.
    return { entries: entries as RunEntries['entries'], kind, topic, commitTime }
  } catch {
    // Bytes made to break a reader: a field that does not fit, text that is no JSON.
    return undefined
  }
}

function readPlace(content: Uint8Array): { readonly place: RunPlace; readonly columns: Uint8Array } {
  const from = new ByteReader(content, { code: 'STREAM_BLOCK_DAMAGED', what: 'a run' })
  if (from.u16() !== MAGIC || from.u8() !== VERSION) throw from.failure('an unknown format')
  const database = utf8Decode(from.prefixed())
  const topic = utf8Decode(from.prefixed())
  const topicId = from.u32()
  if (topicId >= TOPIC_IDS) throw from.failure('an impossible topic')
  const commitTime = from.u48()
  const spans: SequenceSpan[] = []
  let end = 0
  for (let left = from.varint(); left > 0; left--) {
    const first = end + from.varint()
    const count = from.varint()
    spans.push({ first, count })
    end = first + count
  }
  return { place: { database, topic, topicId, commitTime, spans }, columns: from.rest() }
}

/** A row takes a byte and more: what announces more rows than bytes is refused before memory is taken for it. */
function sequencesOf({ spans }: RunPlace, rowsMax: number): readonly number[] | undefined {
  const count = spans.reduce((sum, span) => sum + span.count, 0)
  const last = spans.at(-1)
  if (count === 0 || count > rowsMax || last === undefined) return undefined
  if (!Number.isSafeInteger(last.first + last.count)) return undefined
  return spans.flatMap((span) => Array.from({ length: span.count }, (_, offset) => span.first + offset))
}
