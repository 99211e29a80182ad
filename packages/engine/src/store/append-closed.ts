import { ByteWriter } from '@forgeone/common'
import type { Applier } from '../commit/applier.ts'
import type { CommitTime } from '../commit/commit-time.ts'
import { writeCommitRecord } from '../format/commit-record.ts'
import { stateContent } from '../state/state-record.ts'
import type { StateRoots } from '../state/state-roots.ts'
import type { LocalStoreParts } from '../parts/local-store-parts.ts'

/** Writes the last commit, in a segment of its own: only whole segments are dropped. */
export async function appendClosed(
  at: CommitTime,
  o: {
    readonly parts: Pick<LocalStoreParts, 'journal' | 'random'>
    readonly applier: Applier
    readonly stateRoots: StateRoots
  },
): Promise<void> {
  const { journal, random } = o.parts
  const writer = new ByteWriter()
  const sequence = journal.nextSequence
  const content = stateContent('store.closed', await o.stateRoots.take(sequence - 1))
  const record = { ...at, ...content, operations: [], nonce: random.bytes(16) }
  writeCommitRecord(writer, record)
  await journal.startSegment()
  const bytes = await journal.append([writer.finish()], { sync: true, preallocate: false })
  o.applier.release(sequence)
  o.applier.enqueue([{ ...record, sequence, bytes }])
  await o.applier.applied(sequence)
}
