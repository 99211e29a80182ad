import type { Noun } from '../../program/noun.ts'

export const COMPLIANCE: Noun = {
  name: 'compliance',
  summary: 'Evidence for auditors: make it and check it',
  verbs: {
    report: async () => (await import('./report.ts')).complianceReport,
    verify: async () => (await import('./verify.ts')).complianceVerify,
  },
}
