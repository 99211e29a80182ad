// Which evidence speaks to which control. Identifiers are those of the frameworks, the words are our own; what a store
// cannot show is said beside it. A bundle states what is there, never that somebody fulfils a framework.

export type Framework = 'SOC 2' | 'ISO/IEC 27001:2022' | 'GDPR'

/** One kind of evidence. */
export type EvidenceId =
  | 'keys'
  | 'access'
  | 'exports'
  | 'erasure'
  | 'changes'
  | 'monitoring'
  | 'recovery'
  | 'integrity'
  | 'subject-rights'

export interface Control {
  readonly framework: Framework
  readonly id: string
  /** What it is about, in our own words. */
  readonly about: string
  readonly evidence: EvidenceId
  /** What no store can show. */
  readonly notFromTheStore: string
}

interface ControlGroup {
  readonly evidence: EvidenceId
  readonly about: string
  readonly notFromTheStore: string
  readonly soc2?: readonly string[]
  readonly iso?: readonly string[]
  readonly gdpr?: readonly string[]
}

const GROUPS: readonly ControlGroup[] = [
  {
    evidence: 'keys',
    about: 'data is encrypted and its keys are managed',
    notFromTheStore: 'who keeps the secrets that open the store',
    soc2: ['CC6.1'],
    iso: ['A.8.24'],
    gdpr: ['32(1)(a)'],
  },
  {
    evidence: 'access',
    about: 'rights are given, changed and taken away by rule',
    notFromTheStore: 'who joined and left, and who approved it',
    soc2: ['CC6.2', 'CC6.3'],
    iso: ['A.5.15', 'A.5.16', 'A.5.17', 'A.5.18', 'A.8.2', 'A.8.3'],
  },
  {
    evidence: 'exports',
    about: 'data that leaves is known',
    notFromTheStore: 'what crosses the network',
    soc2: ['CC6.6', 'CC6.7'],
    iso: ['A.8.12'],
  },
  {
    evidence: 'erasure',
    about: 'data is removed when its time is over or a person asks',
    notFromTheStore: 'the legal ground of keeping or removing',
    soc2: ['CC6.5', 'C1.2', 'P4.3'],
    iso: ['A.8.10'],
    gdpr: ['5(1)(e)', '17'],
  },
  {
    evidence: 'changes',
    about: 'changes of settings and policies are recorded',
    notFromTheStore: 'who approved a change',
    soc2: ['CC7.1', 'CC8.1'],
    iso: ['A.8.9', 'A.8.32'],
  },
  {
    evidence: 'monitoring',
    about: 'what happens is logged, complete and unaltered, and refusals are seen',
    notFromTheStore: 'triage, notification, and the source of time',
    soc2: ['CC7.2', 'CC7.3'],
    iso: ['A.8.15', 'A.8.16', 'A.8.17', 'A.5.28', 'A.5.33'],
    gdpr: ['5(2)', '33'],
  },
  {
    evidence: 'recovery',
    about: 'backups are made and restores rehearsed',
    notFromTheStore: 'the contract for another site',
    soc2: ['A1.2', 'A1.3', 'CC7.5'],
    iso: ['A.8.13', 'A.8.14'],
    gdpr: ['32(1)(b)', '32(1)(c)'],
  },
  {
    evidence: 'integrity',
    about: 'stored data is checked to be whole',
    notFromTheStore: 'whether it is what should have been stored, and tests of anything outside the store',
    soc2: ['PI1.5'],
    gdpr: ['5(1)(f)', '32(1)(d)'],
  },
  {
    evidence: 'subject-rights',
    about: 'a person gets what is kept of them, and it is known what that is',
    notFromTheStore: 'who a person is, and the whole register of processing',
    gdpr: ['15', '20', '25', '30'],
  },
]

/** All controls, a row each. */
export const CONTROLS: readonly Control[] = GROUPS.flatMap(({ soc2 = [], iso = [], gdpr = [], ...rest }) => [
  ...soc2.map((id): Control => ({ framework: 'SOC 2', id, ...rest })),
  ...iso.map((id): Control => ({ framework: 'ISO/IEC 27001:2022', id, ...rest })),
  ...gdpr.map((id): Control => ({ framework: 'GDPR', id, ...rest })),
])
