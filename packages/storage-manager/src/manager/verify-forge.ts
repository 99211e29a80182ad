import { verifyOwn, type AuditLog } from '@forgeone/audit'
import { canonicalJson, ForgeError } from '@forgeone/common'
import type { FacilityReport, Store, VerifyProblem, VerifyReport } from '@forgeone/engine'
import { CountedEntries, type PlacedAt } from '../audit/counted-entries.ts'
import type { DamagedRows } from './damaged-rows.ts'
import type { OpenedFacilities } from './open-facilities.ts'
import type { ToldShredKeys } from '../keys/told-shred-keys.ts'

export interface ForgeVerifyReport {
  readonly ok: boolean
  /** Frames, tables, values and blocks checked, together. */
  readonly checked: number
  readonly counts: VerifyReport['counts'] & { readonly blocks: number; readonly entries: number }
  readonly problems: readonly VerifyProblem[]
  /** What opening found and mended: no problem of what is stored now. */
  readonly notices: readonly VerifyProblem[]
}

/**
 * The engine's check of what is stored, what each facility checks of its own rows, the recomputation of the audit log, and whether its leaves count the entries that are there.
 */
export async function verifyForge(o: {
  readonly engine: () => Promise<VerifyReport>
  readonly facilities: OpenedFacilities
  /** Absent while its database is offline, which the engine tells. */
  readonly audit: AuditLog | undefined
  readonly shredKeys: Pick<ToldShredKeys, 'problem'>
  readonly rows: Pick<DamagedRows, 'problems'>
}): Promise<ForgeVerifyReport> {
  const engine = await o.engine()
  const placed: PlacedAt[] = []
  const reports: FacilityReport[] = []
  for (const [stream, facility] of o.facilities) {
    const leaves = o.audit?.size ?? 0
    const report = await facility.verify?.()
    if (report === undefined) continue
    reports.push(report)
    if (report.placed !== undefined) placed.push({ stream, placed: report.placed, leaves })
  }
  const blocks = reports.reduce((sum, report) => sum + report.blocks, 0)
  const entries = reports.reduce((sum, report) => sum + report.entries, 0)
  const shredKeys = await o.shredKeys.problem()
  // What was found at opening is in the report of the engine already.
  const isNew = !engine.problems.some(
    ({ code, where }) => code === shredKeys?.code && where === shredKeys.where,
  )
  // What was found at loading is in the health, and by it in the report of the engine, under the same name.
  const rows = (await o.rows.problems()).filter(({ where }) =>
    engine.problems.every((each) => each.where !== where),
  )
  const problems = [
    ...engine.problems.filter((each) => !isOnlyRead(each)),
    ...rows,
    ...reports.flatMap((report) => report.problems),
    ...(shredKeys !== undefined && isNew ? [shredKeys] : []),
    ...(await auditProblems(o.audit, new CountedEntries(placed))),
  ]
  // What was cut short by the closing says nothing of what is stored.
  if (problems.some(({ code }) => code === 'STORE_CLOSED'))
    throw new ForgeError('STORE_CLOSED', 'the store was closed while it was verified')
  return {
    ok: problems.length === 0,
    checked: engine.checked + blocks,
    counts: { ...engine.counts, blocks, entries },
    problems,
    notices: [...engine.notices, ...engine.problems.filter(isOnlyRead)],
  }
}

/** That a store is only read is no fault of what it holds. */
function isOnlyRead({ code }: VerifyProblem): boolean {
  return code === 'STORE_IS_IMAGE' || code === 'STORE_READ_ONLY'
}

/** What is wrong with the log itself, and entries that it tells of and nobody has. */
export async function auditProblems(
  log: AuditLog | undefined,
  counted: CountedEntries,
): Promise<readonly VerifyProblem[]> {
  if (log === undefined) return []
  const verdict = await verifyOwn(log, { onLeaf: (leaf, index) => counted.add(leaf, index) })
  if (!verdict.ok) return [{ code: verdict.code, where: 'audit log', message: verdict.detail }]
  return counted.mismatches().map(({ stream, told, placed }) => ({
    code: 'STATE_MISMATCH',
    where: stream,
    message: `the log tells of ${told} entries, and ${placed} have a place`,
  }))
}

/** Commits that a verification ran and what it found, in numbers. */
export async function recordVerification(
  store: Store,
  { ok, checked, problems }: ForgeVerifyReport,
): Promise<void> {
  const outcome = ok ? 'ok' : 'failed'
  const value = { outcome, checked, problems: problems.length }
  const context = canonicalJson(value, { code: 'INTERNAL', what: 'the facts of a verification' })
  const facts = { actor: 'app', action: 'store.verified', resourceClass: 'store', context }
  await store.commit(() => ({ facts, operations: [] }), { privileged: true })
}
