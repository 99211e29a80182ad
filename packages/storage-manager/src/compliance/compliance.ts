import type { AuditEntry, AuditLog } from '@forgeone/audit'
import { canonicalJson, ForgeError, readArgument, refuseOtherMembers } from '@forgeone/common'
import type { Signer } from '@forgeone/crypto'
import type { Store } from '@forgeone/engine'
import {
  BUNDLE_LEAVES_MAX,
  makeBundle,
  writeBundle,
  type BundleRange,
  type ControlState,
  type EvidenceSummary,
} from '@forgeone/evidence'

const DAY_MS = 86_400_000
/** An assessment covers a year and some. */
export const PERIOD_MS_MAX: number = 400 * DAY_MS
const PAGE = 10_000

export interface ComplianceOptions {
  readonly store: Store
  readonly audit: () => AuditLog
  readonly signers: () => readonly Signer[]
}

export interface ReportResult extends BundleRange {
  readonly files: readonly string[]
  readonly controls: readonly ControlState[]
  readonly summary: EvidenceSummary
}

/** Evidence for an assessment: what the log shows of a period, signed, and verifiable without the store. */
export class Compliance {
  readonly #options: ComplianceOptions

  constructor(options: ComplianceOptions) {
    this.#options = options
  }

  /**
   * Writes an evidence bundle into a new directory. The same period gives the same bytes.
   * @throws BUNDLE_PERIOD, BUNDLE_LIMIT, IO_FAILED, AUDIT_DIVERGED, AUDIT_SIGNER_MISSING, DATABASE_OFFLINE
   */
  async report(o: {
    readonly from: number
    readonly to: number
    readonly directory: string
  }): Promise<ReportResult> {
    const { from, to, directory } = checkedReport(o)
    const { range, checkpoint, entries, leaves, peaks } = await this.#collect({ from, to })
    const verifierKeys = this.#options.audit().verifierKeys.map(({ text }) => text)
    const signers = this.#options.signers()
    const bundle = makeBundle({ range, checkpoint, verifierKeys, leaves, peaks, entries, signers })
    // Told before it is done: evidence that left the store is in its log, whatever becomes of the files.
    await this.#record(range)
    await writeBundle(directory, bundle)
    const { files, controls, summary } = bundle
    return { ...range, files: [...files.keys()].sort(), controls, summary }
  }

  async #collect({ from, to }: { readonly from: number; readonly to: number }): Promise<{
    readonly range: BundleRange
    readonly checkpoint: string
    readonly entries: readonly AuditEntry[]
    readonly leaves: readonly string[]
    readonly peaks: readonly Uint8Array[]
  }> {
    const audit = this.#options.audit()
    const entries: AuditEntry[] = []
    for (let cursor = 0; ;) {
      let last: AuditEntry | undefined
      for await (const entry of audit.query({ from, to, limit: PAGE, cursor })) {
        entries.push(entry)
        last = entry
      }
      if (entries.length > BUNDLE_LEAVES_MAX) throw tooMany()
      if (last === undefined) break
      cursor = last.index + 1
    }
    const { begin, end } = await this.#rangeOf(entries, from)
    const first = Math.max(0, begin - 1)
    // The leaf behind the period too, where there is one: it shows where the period ends.
    const checkpoint = await this.#checkpointFrom(Math.min(end + 1, audit.size))
    const size = Number(checkpoint.split('\n')[1])
    if (size - first > BUNDLE_LEAVES_MAX) throw tooMany()
    const leaves: string[] = []
    for (let index = first; index < size; index++) leaves.push(await audit.leaf(index))
    const peaks = first === 0 ? [] : (await audit.prove(first, first + 1)).hashes
    const range = { from, to, begin, end, first, size, origin: audit.origin }
    return { range, checkpoint, entries, leaves, peaks }
  }

  /** The first signed tree that has every leaf of the period: the same one whenever it is asked for. */
  async #checkpointFrom(end: number): Promise<string> {
    const audit = this.#options.audit()
    for await (const note of audit.checkpoints(end)) if (note.startsWith(`${audit.origin}\n`)) return note
    return await audit.checkpoint()
  }

  async #rangeOf(
    entries: readonly AuditEntry[],
    from: number,
  ): Promise<{ readonly begin: number; readonly end: number }> {
    if (entries.length > 0) return { begin: entries[0]!.index, end: entries.at(-1)!.index + 1 }
    const audit = this.#options.audit()
    for await (const { index } of audit.query({ from, limit: 1 })) return { begin: index, end: index }
    return { begin: audit.size, end: audit.size }
  }

  /** That evidence left the store is evidence too. */
  async #record({ begin, end, size }: BundleRange): Promise<void> {
    const context = canonicalJson({ begin, end, size }, { code: 'INTERNAL', what: 'the facts of a report' })
    const facts = { actor: 'app', action: 'compliance.exported', resourceClass: 'compliance', context }
    await this.#options.store.commit(() => ({ facts, operations: [] }))
  }
}

interface Report {
  readonly from: number
  readonly to: number
  readonly directory: string
}

/** @throws BUNDLE_PERIOD */
function checkedReport(o: Report): Report {
  refuseOtherMembers(o, { code: 'BUNDLE_PERIOD', names: ['from', 'to', 'directory'] })
  const { from, to, directory } = readArgument('BUNDLE_PERIOD', () => ({ ...o }))
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw new ForgeError('BUNDLE_PERIOD', 'evidence is written to a directory, which must be named')
  const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0
  if (whole && from < to && to - from <= PERIOD_MS_MAX) return { from, to, directory }
  throw new ForgeError('BUNDLE_PERIOD', 'a period has a beginning before its end and at most 400 days')
}

function tooMany(): ForgeError {
  return new ForgeError(
    'BUNDLE_LIMIT',
    `the period has more than ${BUNDLE_LEAVES_MAX} leaves; choose a shorter one`,
  )
}
