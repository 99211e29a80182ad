import type { RunPlace } from './run-proof.ts'
import type { EntryRow } from '../entry/validate.ts'

/** The rows of one commit and shard that share a block. */
export interface CommitRowsOfShard {
  readonly database: string
  readonly commitTime: number
  /** Sequence of the first row; the others follow without gaps. */
  readonly firstSequence: number
  readonly rows: readonly EntryRow[]
  /** Topic of each row. */
  readonly topicIds: readonly number[]
}

/** The rows of one topic among them, and what their hash binds them to. */
export function runOfTopic({
  database,
  commitTime,
  firstSequence,
  rows,
  topicIds,
  topicId,
}: CommitRowsOfShard & { readonly topicId: number }): {
  readonly place: RunPlace
  readonly rows: readonly EntryRow[]
} {
  const own: EntryRow[] = []
  const spans: { first: number; count: number }[] = []
  for (let index = 0; index < rows.length; index++) {
    if (topicIds[index] !== topicId) continue
    own.push(rows[index]!)
    const sequence = firstSequence + index
    const last = spans.at(-1)
    if (last !== undefined && last.first + last.count === sequence) last.count++
    else spans.push({ first: sequence, count: 1 })
  }
  return { place: { database, topic: own[0]!.topic, topicId, commitTime, spans }, rows: own }
}
