import { equalBytes } from '@forgeone/common'
import { verifyInclusion } from '@forgeone/merkle'
import { encodeColumns } from '../block/block-columns.ts'
import { hashRun } from '../block/run-proof.ts'
import type { EventMessage, LogEntry } from '../entry/entry.ts'
import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import type { EntryProof } from './entry-proof.ts'
import { rowOfEntry } from './row-of-entry.ts'

export interface ProofCheck {
  readonly proof: EntryProof
  /** Those of the proof's `ids`, in their order, as `get` and `read` return them. */
  readonly entries: readonly (LogEntry | EventMessage)[]
  /** What is trusted: the root of the append's receipt, or of the commit in the audit log. */
  readonly root: Uint8Array
}

/** Whether a proof shows that its entry, with this content, is part of the commit with this root. Needs no store. */
export function verifyEntryProof({ proof, entries, root }: ProofCheck): boolean {
  const { run, position, runHash, index, size, path } = proof
  const sequences = run.spans.flatMap(({ first, count }) =>
    count > entries.length ? [] : Array.from({ length: count }, (_, offset) => first + offset),
  )
  if (sequences.length === 0 || sequences.length !== entries.length) return false
  if (!run.database.endsWith(`_shard_${position.shard}`)) return false
  if (entries[sequences.indexOf(position.sequence)]?.id !== proof.id) return false
  if (entries.some(({ topic }) => topic !== run.topic)) return false
  const prefix = entryIdPrefix({ commitTime: run.commitTime, shard: position.shard })
  const rows = entries.map((entry, at) =>
    rowOfEntry(entry, entryId(prefix, { sequence: sequences[at]!, topicId: run.topicId })),
  )
  const hash = hashRun(run, encodeColumns(rows).bytes)
  return equalBytes(hash, runHash) && verifyInclusion({ index, size, leaf: hash, hashes: path, root })
}
