import { utf8Decode } from '@forgeone/common'
import type { VerifierKey } from '../note/verifier-key.ts'
import { policyOfKey, type Policy } from '../policy/policy.ts'
import { verifyCheckpoint } from '../policy/verify-checkpoint.ts'
import { fault, refusedAt, type LogRefused, type LogVerdict } from './log-verdict.ts'
import { LogScan, type ExpectedHead } from './scan-log.ts'
import type { TileSource } from './tile-source.ts'

export interface VerifyLogOptions {
  /** Signed checkpoints kept elsewhere, which the log must still contain. */
  readonly anchors?: readonly string[] | undefined
  /**
   * Below this index only hashes are verified, and no leaf: for a log that was pruned. `Infinity` for an export
   * without entry bundles. Default 0.
   */
  readonly entriesFrom?: number | undefined
  readonly onProgress?: ((leaves: number) => void) | undefined
}

/**
 * Recomputes a whole log in tlog-tiles layout, foreign ones too: the signatures of its checkpoint, the hash of every
 * entry, every tile, the root, and the roots of anchors. Never throws for what it reads. Refused with the codes of
 * `verifyCheckpoint`, and `AUDIT_DIVERGED`, `AUDIT_ROLLBACK` (an anchor has more leaves), `AUDIT_FORK` (an anchor has
 * another root).
 */
export async function verifyLog(
  source: TileSource,
  trust: Policy | VerifierKey,
  options: VerifyLogOptions = {},
): Promise<LogVerdict> {
  const policy = 'logs' in trust ? trust : policyOfKey(trust)
  const note = await source.read('checkpoint')
  if (note === undefined)
    return { ok: false, code: 'NOTE_FORMAT', detail: 'there is no checkpoint', place: { path: 'checkpoint' } }
  const checkpoint = verifyCheckpoint(utf8Decode(note), policy)
  if (!checkpoint.ok) return refusedAt(checkpoint, { path: 'checkpoint' })
  const { origin, size, root, witnesses } = checkpoint.value
  const heads: ExpectedHead[] = [{ size, root, fault: 'AUDIT_DIVERGED', source: 'its checkpoint' }]
  for (const anchor of options.anchors ?? []) {
    const head = anchorHead(anchor, { policy, size })
    if ('ok' in head) return head
    heads.push(head)
  }
  const { entriesFrom = 0, onProgress } = options
  const scanned = await new LogScan({ source, size, heads, entriesFrom, onProgress }).run()
  return 'ok' in scanned ? scanned : { ok: true, origin, size, root: scanned.root, witnesses }
}

function anchorHead(anchor: string, o: { policy: Policy; size: number }): ExpectedHead | LogRefused {
  // An anchor is believed for the log's own signature: whether witnesses saw it does not matter here.
  const known = verifyCheckpoint(anchor, { ...o.policy, quorum: undefined })
  if (!known.ok) return refusedAt(known, { path: 'anchor' })
  const { size, root } = known.value
  if (size > o.size)
    return fault('AUDIT_ROLLBACK', `an anchor is about ${size} leaves, the log has ${o.size}`, { size })
  return { size, root, fault: 'AUDIT_FORK', source: 'an anchor' }
}
