import { createHash } from 'node:crypto'
import type { AuditEntry } from '@forgeone/audit'
import { ForgeError } from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import type { BundleRange } from '../report/bundle-range.ts'
import { controlStates, type ControlState } from '../report/control-states.ts'
import { collectEvidence } from '../report/evidence.ts'
import { evidenceSummary, type EvidenceSummary } from '../report/evidence-summary.ts'
import { signDsse } from '../signed/dsse.ts'
import {
  derivedFiles,
  manifestText,
  PREDICATE_TYPE,
  STATEMENT_NAME,
  STATEMENT_TYPE,
  text,
} from './bundle-files.ts'
import { BUNDLE_BYTES_MAX, BUNDLE_FILE_BYTES_MAX } from './read-bundle-files.ts'

/** What a bundle is made of: leaves of a log, and what shows that they are all. */
export interface BundleContents {
  readonly range: BundleRange
  /** A signed checkpoint of `range.size` leaves. */
  readonly checkpoint: string
  /** Verifier keys of the log, as texts. */
  readonly verifierKeys: readonly string[]
  /** Leaves `range.first` to `range.size` - 1. */
  readonly leaves: readonly string[]
  /** The perfect subtrees left of `range.first`, the smallest first. */
  readonly peaks: readonly Uint8Array[]
  /** Leaves `range.begin` to `range.end` - 1, parsed. */
  readonly entries: readonly AuditEntry[]
  /** All of them sign the statement. */
  readonly signers: readonly Signer[]
}

export interface Bundle {
  /** Content by name, `/` between folders. */
  readonly files: ReadonlyMap<string, string>
  readonly controls: readonly ControlState[]
  readonly summary: EvidenceSummary
}

/** The files of a bundle, signed. The same contents give the same bytes. @throws BUNDLE_LIMIT when it could not be read again */
export function makeBundle(contents: BundleContents): Bundle {
  const { range, checkpoint, verifierKeys, leaves, peaks, entries, signers } = contents
  const files = new Map<string, string>([
    ['manifest.json', manifestText(range)],
    ['checkpoint', checkpoint],
    ['vkey', verifierKeys.map((key) => `${key}\n`).join('')],
    ['leaves.ndjson', leaves.map((leaf) => `${leaf}\n`).join('')],
    ['proofs/peaks.json', text(peaks.map((hash) => Buffer.from(hash).toString('base64')))],
    ...derivedFiles(range, entries),
  ])
  files.set(STATEMENT_NAME, statementOf(range, files, signers))
  assertReadable(files)
  const controls = controlStates(collectEvidence(entries))
  return { files, controls, summary: evidenceSummary(controls) }
}

function statementOf(
  range: BundleRange,
  files: ReadonlyMap<string, string>,
  signers: readonly Signer[],
): string {
  const subject = [...files]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, content]) => ({
      name,
      digest: { sha256: createHash('sha256').update(content).digest('hex') },
    }))
  const { from, to, begin, end, size, origin } = range
  const predicate = { origin, period: { from, to }, leaves: { begin, end }, size }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: PREDICATE_TYPE,
    predicate,
  }
  return `${JSON.stringify(signDsse({ payloadType: STATEMENT_TYPE, value: statement }, signers))}\n`
}

/** What is written can be read again. @throws BUNDLE_LIMIT */
function assertReadable(files: ReadonlyMap<string, string>): void {
  let total = 0
  for (const content of files.values()) {
    const bytes = Buffer.byteLength(content)
    total += bytes
    if (bytes > BUNDLE_FILE_BYTES_MAX || total > BUNDLE_BYTES_MAX)
      throw new ForgeError(
        'BUNDLE_LIMIT',
        'the evidence is larger than a bundle can be; choose a shorter period',
      )
  }
}
