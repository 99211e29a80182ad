import { originOf, verifierKey, type AuditLog } from '@forgeone/audit'
import { canonicalJson, ForgeError, fromHex, systemRandom, toHex } from '@forgeone/common'
import { readImageFile, removeImageFile, type LocalStore } from '@forgeone/engine'
import { placedEntries } from '@forgeone/streams'
import { forgottenRow } from '../checkpoint/checkpoint-register.ts'
import { wholeAnchorPlan } from '../audit/anchor-plan.ts'
import { CountedEntries } from '../audit/counted-entries.ts'
import { ENDED_ORIGINS_MAX, generationsRow } from '../audit/generations.ts'
import { ForgeKeys, revisionRow } from '../keys/forge-keys.ts'
import { ToldShredKeys } from '../keys/told-shred-keys.ts'
import type { AnyPlan } from '../layout/store-plan.ts'
import type { ForgeOptions, RollbackAcceptance } from './forge-options.ts'
import { beginGeneration } from './begin-generation.ts'
import { openStore } from './open-store.ts'
import { auditProblems } from './verify-forge.ts'

const GENERATION_BYTES = 8
/** Anchors that are named in the leaf, which has room for so many; as a rule there is one. */
const NAMED_MAX = 8

/**
 * Ends the name under which the log was signed, and begins another with a key of its own: two histories of one name would
 * be a fork, whoever meant them. The commit tells of the old name and its newest checkpoint, so that an auditor can prove
 * what was kept, and of the new key. A crash leaves the old generation, or the new one.
 *
 * @throws AUDIT_NOTHING_TO_ACCEPT where nothing knows otherwise and it is no `copy`, DATABASE_OFFLINE, KEYRING_ROLLED_BACK, AUDIT_DIVERGED, AUDIT_ANCHOR_FAILED, IO_FAILED, and what opening throws
 */
export async function acceptRollback(
  options: ForgeOptions,
  { reason, copy = false, plans }: RollbackAcceptance & { readonly plans: readonly AnyPlan[] },
): Promise<void> {
  const { random = systemRandom, anchors = [] } = options
  const { store, auditSource, generations, layout } = await openStore(
    { ...options, create: 'never' },
    { plans, acceptState: true },
  )
  try {
    // An older keyring is accepted by its own name, or not at all.
    await ForgeKeys.open(
      { store, shredKeys: new ToldShredKeys(store), emptyCache: () => Promise.resolve() },
      { acceptRestored: options.acceptRestoredKeyring },
    )
    const { log } = auditSource
    if (log === undefined) throw new ForgeError('DATABASE_OFFLINE', 'the audit database is offline')
    // A log whose rows are damaged has nothing to go on from.
    if (log.divergence !== undefined) throw log.divergence
    const disagreements = await auditSource.disagreements(anchors.map((each) => wholeAnchorPlan(each).anchor))
    const image = await readImageFile(options.path)
    const isHealthy =
      disagreements.length === 0 && store.recovery.acceptedStates.length === 0 && image === undefined
    const entries = await countEntries(store, layout.shardCount)
    if (isHealthy && !copy && (await isAsItsLogTells(log, entries))) throw nothingToAccept()
    const others = disagreements.map(({ origin }) => origin)
    const ended = [...new Set([...(generations?.ended ?? []), log.origin, ...others])]
    if (ended.length > ENDED_ORIGINS_MAX)
      throw new ForgeError('COMMIT_INVALID', `a store has at most ${ENDED_ORIGINS_MAX} ended origins`)
    const { keyring } = store.keys
    // Durable and not in force: until the commit is, the old name is signed with its old keys.
    const { publicKey } = await keyring.nextSigner({ alone: true })
    const current = toHex(random.bytes(GENERATION_BYTES))
    const origin = originOf({ storeId: store.id, generation: fromHex(current)! })
    const facts = {
      accepted: [
        ...disagreements.slice(0, NAMED_MAX).map(({ reason: { code }, origin: other }) => `${code} ${other}`),
        ...store.recovery.acceptedStates.map((name) => `STATE_MISMATCH ${name}`),
      ],
      ...(image === undefined ? {} : { from: { id: image.id, sequence: image.sequence } }),
      ...(entries === undefined ? {} : { entries }),
      before: { origin: log.origin, size: log.lastCheckpointSize, root: lastRoot(log) },
      key: verifierKey({ name: origin, publicKey }).text,
      origin,
      reason: reason.trim(),
      revision: keyring.revision,
    }
    const context = canonicalJson(facts, { code: 'INTERNAL', what: 'the facts of a new generation' })
    await store.commit(() => ({
      facts: { actor: 'app', action: 'store.restored', resourceClass: 'store', context },
      operations: [
        generationsRow({ current, ended }),
        revisionRow(keyring),
        ...(image === undefined ? [] : [forgottenRow(image.id)]),
      ],
    }))
    await beginGeneration(store, current)
    // From now on it is a store of its own.
    if (image !== undefined) await removeImageFile(options.path)
  } finally {
    await store.close()
  }
}

/** Lost entries show nowhere but in the leaves that tell of them. */
async function isAsItsLogTells(log: AuditLog, entries: EntryCounts | undefined): Promise<boolean> {
  if (entries === undefined) return false
  const placed = (['logs', 'events'] as const).map((stream) => {
    const count = entries[stream]
    return { stream, placed: { withInFlight: count, acknowledged: count }, leaves: log.size }
  })
  return (await auditProblems(log, new CountedEntries(placed))).length === 0
}

/** Its receipts would be of a log that ended, and its key gone, for nothing. */
function nothingToAccept(): ForgeError {
  return new ForgeError(
    'AUDIT_NOTHING_TO_ACCEPT',
    'nothing knows another history of this store: it is no image, and no anchor, note or row disagrees',
  )
}

/** Of the newest checkpoint under the old name, in base64 as it stands there; empty when none was signed. */
function lastRoot(log: { lastCheckpoint(): string | undefined }): string {
  // Read off the note: the log may have fewer leaves by now. Its lines are the origin, the size and the root.
  return log.lastCheckpoint()?.split('\n')[2] ?? ''
}

interface EntryCounts {
  readonly events: number
  readonly logs: number
}

/** What there is is what the leaves count from then on. @returns undefined while a shard is offline */
async function countEntries(store: LocalStore, shardCount: number): Promise<EntryCounts | undefined> {
  const events = await placedEntries(store, { name: 'events', shardCount })
  const logs = await placedEntries(store, { name: 'logs', shardCount })
  return events === undefined || logs === undefined ? undefined : { events, logs }
}
