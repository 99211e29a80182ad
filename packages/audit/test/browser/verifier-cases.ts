/** What the verifier is asked in every place, and how it is asked: plain values in, plain values out. */
import {
  parsePolicy,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
  verifyReceipt,
  type Policy,
} from '../../src/verify/index.ts'

export interface VerifierCases {
  readonly policies: readonly string[]
  readonly receipts: readonly string[]
  readonly checkpoints: readonly string[]
  readonly proofs: readonly { readonly proof: string; readonly leaf: string }[]
  readonly consistency: readonly {
    readonly older: string
    readonly newer: string
    readonly proof: readonly string[]
  }[]
}

/** One answer a policy and case, as JSON text. */
export function answersOf(cases: VerifierCases): readonly string[] {
  return cases.policies.flatMap((text) => {
    const policy = parsePolicy(text)
    return policy.ok ? answersUnder(policy.value, cases) : [JSON.stringify(policy)]
  })
}

function answersUnder(
  policy: Policy,
  { receipts, checkpoints, proofs, consistency }: VerifierCases,
): readonly string[] {
  const answers = [
    ...receipts.map((receipt) => verifyReceipt(receipt, policy)),
    ...checkpoints.map((note) => verifyCheckpoint(note, policy)),
    ...proofs.map(({ proof, leaf }) => verifyProof({ proof, leaf: new TextEncoder().encode(leaf) }, policy)),
    ...consistency.map(({ proof, ...notes }) =>
      verifyConsistency({ ...notes, proof: proof.map(bytesOf) }, policy),
    ),
  ]
  return answers.map((answer) => JSON.stringify(answer))
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
