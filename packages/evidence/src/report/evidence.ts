import type { AuditEntry } from '@forgeone/audit'
import { auditCsvLine, AUDIT_CSV_HEADER } from '@forgeone/audit'
import { canonicalJson } from '@forgeone/common'
import type { EvidenceId } from './controls.ts'

/** What a collector found. Never present by default: without rows it is missing, with one row of a failed check it says so. */
export type EvidenceState = 'evidence-present' | 'evidence-missing' | 'check-failed'

export interface Evidence {
  readonly id: EvidenceId
  readonly state: EvidenceState
  /** Why it is not present; absent when it is. */
  readonly reason?: string
  readonly rows: readonly AuditEntry[]
  /** Of all commits of the period; absent when the clock never stood behind a commit time. */
  readonly clock?: ClockSteps
}

/** Commits that were stamped while the clock had stepped back, and how far it stood behind them. */
export interface ClockSteps {
  readonly commits: number
  readonly maximumMs: number
  readonly sumMs: number
}

interface EvidenceKind {
  readonly id: EvidenceId
  /** Acts of the log that are evidence: whole names, or a facility with `.` at its end. */
  readonly acts: readonly string[]
  readonly missing: string
  /** Says how the clock behaved in the period, too. */
  readonly tellsClock?: true
  /** A row that shows a check which failed, or the opposite of what the evidence is for. */
  readonly failed?: (entry: AuditEntry) => boolean
  /** What such a row says, for people. */
  readonly failure?: string
}

const KINDS: readonly EvidenceKind[] = [
  {
    id: 'keys',
    acts: ['store.created', 'keys.', 'audit.key-changed'],
    missing: 'no key was rotated, added or removed in the period',
    failed: ({ facts }) => facts.context?.['suite'] === 'none',
    failure: 'what is stored is not encrypted',
  },
  { id: 'access', acts: ['access.'], missing: 'no right was changed and no access refused in the period' },
  {
    id: 'exports',
    acts: ['audit.exported', 'compliance.exported', 'vault.read-many', 'store.checkpoint-taken', 'backup.'],
    missing: 'nothing that leaves the store was recorded in the period',
  },
  {
    id: 'erasure',
    acts: [
      'subject.erased',
      'vault.destroyed',
      'vault.purged',
      'logs.remove-topic',
      'events.remove-topic',
      'logs.compact-keys',
      'events.compact-keys',
      'logs.retain',
      'events.retain',
    ],
    missing: 'nothing was erased or removed by retention in the period',
  },
  {
    id: 'changes',
    acts: [
      'settings.',
      'flags.',
      'logs.create-topic',
      'events.create-topic',
      'logs.update-topic',
      'events.update-topic',
      'logs.set-retention',
      'events.set-retention',
      'logs.remove-retention',
      'events.remove-retention',
      'vault.configured',
    ],
    missing: 'no setting, topic or rule of retention was changed in the period',
  },
  {
    id: 'monitoring',
    acts: [
      'access.denied',
      'vault.unseal-failed',
      'store.created',
      'store.closed',
      'store.verified',
      'store.restored',
      'keys.restored',
      'audit.key-changed',
      'audit.pruned',
    ],
    missing: 'nothing was refused, verified, opened or closed in the period',
    tellsClock: true,
  },
  {
    id: 'recovery',
    // An older state that somebody put back and accepted is no rehearsal: it stands under monitoring.
    acts: ['backup.', 'snapshot.'],
    missing: 'this version records neither backups nor rehearsals',
  },
  {
    id: 'integrity',
    acts: ['store.verified'],
    missing: 'no verification was recorded in the period',
    failed: ({ facts }) => facts.context?.['outcome'] !== 'ok',
    failure: 'the check failed',
  },
  {
    id: 'subject-rights',
    acts: ['subject.exported'],
    missing: 'this version records no export for a person',
  },
]

/** Acts that some evidence asks for, and that no version records yet. */
export const ACTS_TO_COME: readonly string[] = ['backup.', 'snapshot.', 'subject.exported']

/** Every act that some evidence asks for. */
export const EVIDENCE_ACTS: readonly string[] = KINDS.flatMap(({ acts }) => acts)

/** Sorts the entries of a period under the kinds of evidence. A pure function: whoever has the leaves gets the same. */
export function collectEvidence(entries: readonly AuditEntry[]): readonly Evidence[] {
  const clock = clockSteps(entries)
  return KINDS.map((kind) => {
    const evidence = evidenceOf(kind, entries)
    return kind.tellsClock && clock !== undefined ? { ...evidence, clock } : evidence
  })
}

function evidenceOf(kind: EvidenceKind, entries: readonly AuditEntry[]): Evidence {
  const rows = entries.filter(({ facts }) => kind.acts.some((act) => fits(act, facts.action)))
  if (rows.length === 0) return { id: kind.id, state: 'evidence-missing', reason: kind.missing, rows }
  const failures = rows.filter((row) => kind.failed?.(row) === true)
  if (failures.length === 0) return { id: kind.id, state: 'evidence-present', rows }
  const [first] = failures
  return { id: kind.id, state: 'check-failed', reason: `${kind.failure} (commit ${first!.index})`, rows }
}

function clockSteps(entries: readonly AuditEntry[]): ClockSteps | undefined {
  const backMs = entries.flatMap(({ facts }) => facts.backMs ?? [])
  if (backMs.length === 0) return undefined
  const maximumMs = backMs.reduce((left, right) => Math.max(left, right))
  return { commits: backMs.length, maximumMs, sumMs: backMs.reduce((left, right) => left + right) }
}

function fits(act: string, action: string): boolean {
  return act.endsWith('.') ? action.startsWith(act) : action === act
}

/** The rows as JSON: canonical, in the order of the log. */
export function evidenceJson({ id, state, reason, rows, clock }: Evidence): string {
  const value = {
    id,
    state,
    count: rows.length,
    rows: rows.map(({ index, leaf }) => ({ index, leaf: JSON.parse(leaf) as unknown })),
    ...(reason === undefined ? {} : { reason }),
    ...(clock === undefined ? {} : { clock: { ...clock } }),
  }
  return `${canonicalJson(value, { code: 'INTERNAL', what: 'evidence' })}\n`
}

/** The rows as CSV: RFC 4180, and nothing a spreadsheet would run. */
export function evidenceCsv({ rows }: Evidence): string {
  return AUDIT_CSV_HEADER + rows.map((row) => auditCsvLine(row)).join('')
}
