import { HASH_BYTES, PROOF_HASHES_MAX, verifyConsistencyProof } from '@forgeone/merkle'
import { refuse } from '../format/refusal.ts'
import type { Policy } from '../policy/policy.ts'
import { verifyCheckpoint } from '../policy/verify-checkpoint.ts'
import type { ConsistencyVerdict } from './verdict.ts'

export interface ConsistencyEvidence {
  /** Signed checkpoints. Their origins may differ: a log that was restored goes on under a new one. */
  readonly older: string
  readonly newer: string
  readonly proof: readonly Uint8Array[]
}

/**
 * Whether the log of the newer checkpoint begins with that of the older. Never throws.
 * Refused with `PROOF_FORMAT`, `PROOF_INDEX` (the older one is larger, or empty), `PROOF_ROOT`, and the codes of
 * `verifyCheckpoint`.
 */
export function verifyConsistency(evidence: ConsistencyEvidence, policy: Policy): ConsistencyVerdict {
  try {
    const { older, newer, proof } = evidence
    if (proof.length > PROOF_HASHES_MAX || proof.some((hash) => hash.length !== HASH_BYTES))
      return refuse('PROOF_FORMAT', `a proof has at most ${PROOF_HASHES_MAX} hashes of 32 bytes`)
    const from = verifyCheckpoint(older, policy)
    if (!from.ok) return from
    const to = verifyCheckpoint(newer, policy)
    if (!to.ok) return to
    if (from.value.size === 0 || from.value.size > to.value.size)
      return refuse('PROOF_INDEX', `nothing leads from ${from.value.size} leaves to ${to.value.size}`)
    if (!verifyConsistencyProof({ older: from.value, newer: to.value, hashes: proof }))
      return refuse('PROOF_ROOT', 'the newer tree does not begin with the older one')
    const { origin, size, witnesses } = to.value
    return { ok: true, origin, olderSize: from.value.size, size, witnesses }
  } catch {
    return refuse('PROOF_FORMAT', 'the evidence or the policy cannot be read')
  }
}
