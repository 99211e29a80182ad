export type { Refusal, VerdictCode } from '../format/refusal.ts'
export type { LeafFacts } from '../leaf/parse-leaf.ts'
export { parseVerifierKey, type VerifierKey } from '../note/verifier-key.ts'
export { parsePolicy, POLICY_BYTES_MAX, POLICY_MEMBERS_MAX } from '../policy/parse-policy.ts'
export {
  policyOfKey,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
} from '../policy/policy.ts'
export { verifyCheckpoint, type SeenWitness, type TrustedCheckpoint } from '../policy/verify-checkpoint.ts'
export type { EntryPart, Receipt } from '../proof/receipt.ts'
export type { ConsistencyAccepted, ConsistencyVerdict, ReceiptAccepted, Verdict } from './verdict.ts'
export { verifyConsistency, type ConsistencyEvidence } from './verify-consistency.ts'
export { verifyProof, verifyReceipt } from './verify-receipt.ts'
