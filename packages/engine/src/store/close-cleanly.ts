import type { Applier } from '../commit/applier.ts'
import { commitTime } from '../commit/commit-time.ts'
import type { Committer } from '../commit/committer.ts'
import type { FlushController } from '../commit/flush-controller.ts'
import type { LocalStoreParts } from '../parts/local-store-parts.ts'
import type { StateRoots } from '../state/state-roots.ts'
import { appendClosed } from './append-closed.ts'
import { closeInTime } from './close-in-time.ts'

/** Leaves one segment with `store.closed`, synced tables, and a flush point that describes both. */
export async function closeCleanly(o: {
  readonly parts: LocalStoreParts
  readonly applier: Applier
  readonly committer: Committer
  readonly flusher: FlushController
  readonly stateRoots: StateRoots
}): Promise<void> {
  const { parts, applier, committer, flusher, stateRoots } = o
  const { journal, online, observation, clock, health, recovery } = parts
  const at = commitTime(clock, committer.lastTime)
  const hasCommits = recovery.created || recovery.commitsReplayed > 0 || committer.wroteCommits
  if (hasCommits && health.refusal === undefined) await appendClosed(at, { parts, applier, stateRoots })
  const sequence = journal.nextSequence - 1
  await observation?.close()
  await applier.settleObserver()
  await flusher.flushDatabases()
  for (const database of online.values()) await closeInTime(database)
  const databases = await flusher.states({ closed: true })
  await flusher.record({ sequence, time: at.time, digest: journal.digest, closed: true, databases })
  await journal.trim(sequence)
  await journal.close()
}
