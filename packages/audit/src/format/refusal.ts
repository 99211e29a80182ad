/** Why a verifier says no. Stable: callers branch on them. */
export type VerdictCode =
  | 'PROOF_FORMAT'
  | 'PROOF_ROOT'
  | 'PROOF_INDEX'
  | 'NOTE_FORMAT'
  | 'NOTE_SIGNATURE'
  | 'NOTE_UNTRUSTED'
  | 'QUORUM_MISSED'
  | 'LEAF_MISMATCH'
  | 'ENTRY_MISMATCH'
  | 'POLICY_FORMAT'

/** A "no" with its reason; the verifier never throws. */
export interface Refusal {
  readonly ok: false
  readonly code: VerdictCode
  readonly detail: string
}

/** What parsing gives: the value, or why there is none. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Refusal

export function refuse(code: VerdictCode, detail: string): Refusal {
  return { ok: false, code, detail }
}

export function parsed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}
