import type { Clock } from '@forgeone/common'
import type { Position } from '../entry/position.ts'
import { rowBytes } from '../entry/row-bytes.ts'
import { validateEventInput, type EntryRow } from '../entry/validate.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { revivedEvent } from './dead-letter.ts'
import type { EventSource } from './lane-reader.ts'
import type { AppendWith } from './settlement-options.ts'

/** Events that one commit of a redrive appends again. */
const REDRIVE_ENTRIES_MAX = 100
const REDRIVE_BYTES_MAX: number = 4 * 1024 * 1024

export interface RedriveOptions {
  /** Reads the dead letters, and remembers how far: its cursor moves in the commit that appends the events. */
  readonly reader: ConsumerGroup
  readonly source: EventSource
  readonly append: AppendWith
  readonly clock: Clock
  readonly limit: number
}

/**
 * Appends the events of dead letters to their topics once more, each exactly once however often this runs or stops.
 * @returns how many
 */
export async function redrive({ reader, source, append, clock, limit }: RedriveOptions): Promise<number> {
  const { ledger, topics } = reader
  const upTo = source.head()
  let count = 0
  let rows: { readonly row: EntryRow; readonly position: Position }[] = []
  const readAt = source.removals()
  let bytes = 0
  let last: Position | undefined
  const flush = async (): Promise<void> => {
    if (last === undefined) return
    // A dead letter that was removed meanwhile is not brought back.
    const there: EntryRow[] = []
    for (const { row, position } of rows)
      if (source.removals() === readAt || (await source.isThere(position))) there.push(row)
    await appendAndMove(reader, { rows: there, to: last, append })
    count += there.length
    rows = []
    bytes = 0
  }
  if (upTo === undefined || limit <= 0) return 0
  const [after] = ledger.cursors
  const request = { topics: topics.current().topics, after: after!, upTo, levelMask: -1, limit }
  for await (const batch of source.scan(request)) {
    for (const { event, position } of batch) {
      const revived = revivedEvent(event)
      const row = revived === undefined ? undefined : validateEventInput(revived, clock.now())
      // A commit after the other, each with its own cursor.
      if (rows.length >= REDRIVE_ENTRIES_MAX || bytes > REDRIVE_BYTES_MAX) await flush()
      last = position
      if (row === undefined) continue
      rows.push({ row, position })
      bytes += rowBytes(row)
    }
  }
  await flush()
  return count
}

async function appendAndMove(
  { ledger }: ConsumerGroup,
  o: { readonly rows: readonly EntryRow[]; readonly to: Position; readonly append: AppendWith },
): Promise<void> {
  if (o.rows.length === 0) return
  ledger.assertUsable()
  let isBuilt = false
  try {
    await o.append(o.rows, {
      alongside: (changes) => {
        isBuilt = true
        changes.note(() => (isBuilt = false))
        ledger.moveTo([o.to], changes)
        return ledger.operations(changes)
      },
      alongsideBytes: ledger.stateBytesAtMost,
    })
  } catch (cause) {
    if (isBuilt) ledger.fail(cause)
    throw cause
  }
}
