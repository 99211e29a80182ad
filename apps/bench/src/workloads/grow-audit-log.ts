import { AuditLog } from '@forgeone/audit'
import { systemClock, type ObservedCommit } from '@forgeone/common'
import { ed25519Signer } from '@forgeone/crypto'
import type { AuditLevelStore } from './audit-level-store.ts'

export const LEAVES_DEFAULT = 1_000_000
/** Commits observed at once, as a store does under load. */
export const LEAVES_BATCH = 512
/** Milliseconds since 1970 of the first commit; each one comes a millisecond after the one before. */
export const FIRST_COMMIT_MS = 1_767_225_600_000

const ACTOR = 'p_7c01'
const INDEX_KEY = new Uint8Array(32).fill(2)

/** Who acts in the commit with this sequence. */
type ActorOf = (sequence: number) => string

/** A log like that of a store, without the store around it. Without its index it answers queries by scanning. */
export function newAuditLog({ isIndexed = true }: { readonly isIndexed?: boolean } = {}): AuditLog {
  return new AuditLog({
    storeId: new Uint8Array(16),
    generation: new Uint8Array(8),
    signer: ed25519Signer(new Uint8Array(32).fill(1)),
    queryIndexKey: isIndexed ? INDEX_KEY : undefined,
    clock: systemClock,
  })
}

/** Appends of events, without operations: hashing those is not the log's own work. */
export function auditCommits(o: {
  readonly start: number
  readonly count: number
  readonly actorOf?: ActorOf | undefined
}): readonly ObservedCommit[] {
  const { start, count, actorOf = () => ACTOR } = o
  const nonce = new Uint8Array(16).fill(start)
  const facts = {
    actor: ACTOR,
    action: 'events.append',
    resourceClass: 'events',
    entries: { count: 1, root: new Uint8Array(32).fill(start) },
  }
  return Array.from({ length: count }, (_, offset) => {
    const sequence = start + offset
    const actor = actorOf(sequence)
    return {
      sequence,
      time: FIRST_COMMIT_MS + sequence,
      facts: actor === ACTOR ? facts : { ...facts, actor },
      operations: [],
      nonce,
    }
  })
}

/** Grows an empty log; what `settle` gives is not written. */
export async function growAuditLog(o: {
  readonly log: AuditLog
  readonly store: AuditLevelStore
  readonly leaves: number
  readonly actorOf?: ActorOf
}): Promise<void> {
  const { log, store, leaves, actorOf } = o
  for (let start = 0; start < leaves; start += LEAVES_BATCH) {
    const count = Math.min(LEAVES_BATCH, leaves - start)
    // One batch after another: the next leaf stands behind the last.
    await store.apply(log.observe(auditCommits({ start, count, actorOf })))
  }
}
