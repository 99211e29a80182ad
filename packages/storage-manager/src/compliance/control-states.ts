import { CONTROLS, type Control } from './controls.ts'
import type { Evidence, EvidenceState } from './evidence.ts'

/** A control with what the evidence says of it. */
export interface ControlState extends Control {
  readonly state: EvidenceState
  readonly reason?: string
}

export function controlStates(evidence: readonly Evidence[]): readonly ControlState[] {
  const byId = new Map(evidence.map((each) => [each.id, each]))
  return CONTROLS.map((control) => {
    const found = byId.get(control.evidence)
    if (found === undefined) return { ...control, state: 'evidence-missing', reason: 'nothing collects it' }
    const { state, reason } = found
    return reason === undefined ? { ...control, state } : { ...control, state, reason }
  })
}
