import type { Operation, Store } from '@forgeone/engine'
import { validateEventInput, type EntryRow } from '../entry/validate.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { checkedOperations } from './checked-operations.ts'
import type { AckOptions } from './delivery.ts'
import { checkedEvents } from './group-options.ts'

/** Events that come in the commit of an ack. @throws STREAM_VALUE_INVALID, STREAM_TOPIC_INVALID, STREAM_LIMIT */
export function rowsWithAck({ append }: AckOptions, now: number): readonly EntryRow[] {
  if (append === undefined) return []
  const inputs = checkedEvents(append)
  return inputs.map((input) => {
    const row = validateEventInput(input, now)
    validateTopicName(row.topic)
    return row
  })
}

/** Rows of other databases that come in the commit of an ack. @throws COMMIT_INVALID, DATABASE_OFFLINE */
export function operationsWithAck(
  { alongside }: AckOptions,
  checkInStore: Store['checkOperations'],
): readonly Operation[] {
  return alongside === undefined ? [] : checkedOperations(alongside(), checkInStore)
}
