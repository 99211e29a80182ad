import type { Noun } from '../../program/noun.ts'

export const AUDIT: Noun = {
  name: 'audit',
  summary: 'The audit log: what was done, with proofs',
  verbs: {
    list: async () => (await import('./list.ts')).auditList,
    show: async () => (await import('./show.ts')).auditShow,
    checkpoint: async () => (await import('./checkpoint.ts')).auditCheckpoint,
    'rotate-key': async () => (await import('./rotate-key.ts')).auditRotateKey,
    prove: async () => (await import('./prove.ts')).auditProve,
    verify: async () => (await import('./verify.ts')).auditVerify,
    export: async () => (await import('./export.ts')).auditExport,
    anchor: async () => (await import('./anchor.ts')).auditAnchor,
    witness: async () => (await import('./witness.ts')).auditWitness,
    reindex: async () => (await import('./reindex.ts')).auditReindex,
    'accept-rollback': async () => (await import('./accept-rollback.ts')).auditAcceptRollback,
  },
}
