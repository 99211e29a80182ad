import type { VerifierKey } from '../note/verifier-key.ts'

/** A log whose checkpoints are accepted. */
export interface PolicyLog {
  /** The first line of its checkpoints; in a policy text it is the name of the key. */
  readonly origin: string
  readonly key: VerifierKey
  readonly url?: string
}

/** A witness, under the name that it has in the policy. */
export interface PolicyWitness {
  readonly name: string
  readonly key: VerifierKey
  readonly url?: string
}

/** At least `threshold` of the members, which are witnesses or other groups. */
export interface PolicyGroup {
  readonly name: string
  readonly threshold: number
  readonly members: readonly string[]
}

/** Whom to believe: any of the logs, when a quorum of witnesses has seen the same. */
export interface Policy {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  /** Name of a witness or group; undefined: no witness is needed. */
  readonly quorum: string | undefined
}

/**
 * Trusts one log and asks for no witnesses.
 * @param o.origin where it is not the name of the key
 */
export function policyOfKey(key: VerifierKey, o: { readonly origin?: string } = {}): Policy {
  return { logs: [{ origin: o.origin ?? key.name, key }], witnesses: [], groups: [], quorum: undefined }
}

/** Whether these witnesses, by their names in the policy, are enough. */
export function meetsQuorum({ quorum, groups }: Policy, witnessed: ReadonlySet<string>): boolean {
  if (quorum === undefined) return true
  const met = new Set(witnessed)
  // Groups refer to earlier ones only, so one pass settles all.
  for (const { name, threshold, members } of groups)
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name)
  return met.has(quorum)
}
