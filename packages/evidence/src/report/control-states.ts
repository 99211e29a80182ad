import { CONTROLS, type Control } from './controls.ts'
import type { Evidence, EvidenceState } from './evidence.ts'

/** A control with what evidence there is for it; nothing here says that it is fulfilled. */
export interface ControlState extends Control {
  readonly state: EvidenceState
  /** Leaves of the period that are evidence for it. */
  readonly rows: number
  readonly reason?: string
}

export function controlStates(evidence: readonly Evidence[]): readonly ControlState[] {
  const byId = new Map(evidence.map((each) => [each.id, each]))
  return CONTROLS.map((control) => {
    const found = byId.get(control.evidence)
    if (found === undefined)
      return { ...control, state: 'evidence-missing', rows: 0, reason: 'nothing collects it' }
    const { state, reason } = found
    const rows = found.rows.length
    return reason === undefined ? { ...control, state, rows } : { ...control, state, rows, reason }
  })
}
