import { canonicalJson } from '@forgeone/common'
import type { AuditEntry } from '@forgeone/audit'
import type { BundleRange } from '../report/bundle-range.ts'
import { controlStates } from '../report/control-states.ts'
import { controlsCsv } from '../report/controls-csv.ts'
import { evidencePage } from '../report/evidence-page.ts'
import { evidenceSummary } from '../report/evidence-summary.ts'
import { collectEvidence, evidenceCsv, evidenceJson } from '../report/evidence.ts'
import { oscalResults } from '../report/oscal.ts'

export const BUNDLE_FORMAT = 'forge-evidence'
export const BUNDLE_VERSION = 1
export const STATEMENT_NAME = 'statement.dsse.json'
export const STATEMENT_TYPE = 'application/vnd.in-toto+json'
export const PREDICATE_TYPE = 'https://forgeone.dev/attestation/evidence/v1'

/**
 * The files that follow from the leaves alone: whoever has these computes the same, byte for byte.
 * @param entries the entries of the period
 */
export function derivedFiles(
  range: BundleRange,
  entries: readonly AuditEntry[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const evidence = collectEvidence(entries)
  for (const each of evidence) {
    files.set(`evidence/${each.id}.json`, evidenceJson(each))
    files.set(`evidence/${each.id}.csv`, evidenceCsv(each))
  }
  const controls = controlStates(evidence)
  files.set('controls.json', text({ ...evidenceSummary(controls), controls }))
  files.set('controls.csv', controlsCsv(controls))
  files.set('evidence.html', evidencePage({ range, controls, evidence }))
  const { from, to, origin } = range
  const seed = `${origin} ${range.begin} ${range.end} ${range.size}`
  const toolVersion = `${BUNDLE_FORMAT}/${BUNDLE_VERSION}`
  files.set('oscal.json', text(oscalResults({ seed, from, to, toolVersion, controls })))
  return files
}

export function manifestText(range: BundleRange): string {
  return text({ format: BUNDLE_FORMAT, version: BUNDLE_VERSION, ...range })
}

/** Canonical JSON and a line end. */
export function text(value: unknown): string {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  return `${canonicalJson(plain, { code: 'INTERNAL', what: 'a file of a bundle' })}\n`
}
