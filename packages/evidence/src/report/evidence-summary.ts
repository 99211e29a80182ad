import type { ControlState } from './control-states.ts'

/**
 * Stands wherever controls are counted: a number beside the name of a framework is read as a grade otherwise. It is
 * part of the files of a bundle, byte for byte.
 */
export const EVIDENCE_MEANING =
  'That evidence is there says what the log of this store shows. It does not say that a control, or a framework, is fulfilled.'

/** How many controls the log speaks to. It grades nothing: nobody fulfils a control by having evidence for it. */
export interface EvidenceSummary {
  /** All controls that some evidence of a store could speak to. */
  readonly controls: number
  /** Those with at least one row in the log of the period, and no check among these that failed. */
  readonly withEvidence: number
  readonly withoutEvidence: number
  /** Those with a check among their rows that failed. */
  readonly withFailedCheck: number
  /** What the numbers say and do not say, as a sentence for people. */
  readonly meaning: string
}

export function evidenceSummary(controls: readonly ControlState[]): EvidenceSummary {
  const count = (wanted: ControlState['state']): number =>
    controls.filter(({ state }) => state === wanted).length
  return {
    controls: controls.length,
    withEvidence: count('evidence-present'),
    withoutEvidence: count('evidence-missing'),
    withFailedCheck: count('check-failed'),
    meaning: EVIDENCE_MEANING,
  }
}
