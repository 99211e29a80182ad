import { ForgeError, isForgeError } from '@forgeone/common'
import { meetsQuorum, type Policy } from '../policy/policy.ts'
import type { AnchorSource } from './anchor.ts'
import { witnessAnchor } from './witness-anchor.ts'

/** What the witnesses of a policy answered. */
export interface GatheredCosignatures {
  /** Signature lines, for `AuditLog.addCosignatures`. */
  readonly lines: readonly string[]
  /** Whether they are what the policy asks for. */
  readonly meetsQuorum: boolean
  /** Why others did not cosign. */
  readonly failures: readonly ForgeError[]
}

/**
 * Shows a checkpoint to every witness of a policy that has an address, all at once.
 * @throws AUDIT_FORK, AUDIT_ROLLBACK when one of them knows a log that this one does not continue: an alarm, whatever
 * the others say
 */
export async function gatherCosignatures(o: {
  readonly checkpoint: string
  readonly policy: Policy
  readonly log: AnchorSource
}): Promise<GatheredCosignatures> {
  const { checkpoint, policy, log } = o
  const witnesses = policy.witnesses.flatMap(({ name, key, url }) =>
    url === undefined ? [] : [{ name, anchor: witnessAnchor({ url, key }) }],
  )
  const answers = await Promise.allSettled(witnesses.map(({ anchor }) => anchor.publish(checkpoint, log)))
  const lines: string[] = []
  const seen = new Set<string>()
  const failures: ForgeError[] = []
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'fulfilled') {
      lines.push(...answer.value)
      seen.add(witnesses[index]!.name)
      continue
    }
    if (!isForgeError(answer.reason) || isForgeError(answer.reason, 'AUDIT_FORK', 'AUDIT_ROLLBACK'))
      throw answer.reason
    failures.push(answer.reason)
  }
  return { lines, meetsQuorum: meetsQuorum(policy, seen), failures }
}
