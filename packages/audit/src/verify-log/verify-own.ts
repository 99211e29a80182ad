import type { ForgeError } from '@forgeone/common'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { verifyCheckpoint } from '../policy/verify-checkpoint.ts'
import type { AuditLog } from '../log/audit-log.ts'
import type { IndexFault } from '../query-index/find-index-fault.ts'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { fault, refusedAt, type LogFault, type LogRefused, type LogVerdict } from './log-verdict.ts'
import { LogScan, type ExpectedHead } from './scan-log.ts'
import type { VerifyLogOptions } from './verify-log.ts'

/** Roots compared on the way: about 20 MiB of them. */
const HEADS_MAX = 100_000

export interface VerifyOwnOptions extends Omit<VerifyLogOptions, 'entriesFrom'> {
  /** Called with the text of every leaf that is the one whose hash the tree has, in order; pruned ones are passed over. */
  readonly onLeaf?: ((leaf: Uint8Array, index: number) => void) | undefined
}

/**
 * Recomputes the log of an opened store from its rows: every leaf and tile, the roots of all notes it ever signed, and
 * those of anchors kept elsewhere; then the rows of its query index. Refused with `AUDIT_DIVERGED`, `AUDIT_ROLLBACK`,
 * `AUDIT_FORK`, `AUDIT_QUERY_INDEX_DAMAGED` (every leaf is there, but queries may not find it), and, for an anchor that
 * is none of ours, the codes of `verifyCheckpoint`.
 */
export async function verifyOwn(
  log: AuditLog,
  { anchors = [], onProgress, onLeaf }: VerifyOwnOptions = {},
): Promise<LogVerdict> {
  await log.caughtUp()
  const { size, origin } = log
  const heads: ExpectedHead[] = []
  for (const anchor of anchors) {
    const head = anchorHead(anchor, log)
    if (head === undefined) continue
    if ('ok' in head) return head
    heads.push(head)
  }
  const stored = await storedHeads(log)
  const newest = stored.at(-1)
  if (newest !== undefined && newest.size > size)
    return fault('AUDIT_ROLLBACK', `${newest.size} leaves were signed, the log has ${size}`, {
      size: newest.size,
    })
  const source = { read: (path: string) => log.tile(path) }
  const scanned = await new LogScan({
    source,
    size,
    heads: [...heads, ...stored],
    entriesFrom: log.minimumIndex,
    onProgress,
    onLeaf,
  }).run()
  if ('ok' in scanned) return scanned
  const { divergence } = log
  // Signing may be refused for a reason that says nothing against the log.
  if (divergence !== undefined && FAULTS.has(divergence.code))
    return fault(faultOf(divergence), divergence.message, { size })
  const wrong = await log.indexFault()
  if (wrong !== undefined) return indexFault(wrong)
  return { ok: true, origin, size, root: scanned.root, witnesses: [] }
}

const FAULTS: ReadonlySet<string> = new Set(['AUDIT_DIVERGED', 'AUDIT_ROLLBACK', 'AUDIT_FORK'])

function faultOf({ code }: ForgeError): LogFault {
  return code === 'AUDIT_ROLLBACK' || code === 'AUDIT_FORK' ? code : 'AUDIT_DIVERGED'
}

function indexFault({ bundle, detail }: IndexFault): LogRefused {
  const place = bundle === undefined ? {} : { leaf: bundle * TILE_WIDTH }
  return fault('AUDIT_QUERY_INDEX_DAMAGED', `every leaf is whole, but ${detail}`, place)
}

/** The newest always, and of more than can be held every second, fourth, … one. */
async function storedHeads(log: AuditLog): Promise<readonly ExpectedHead[]> {
  let heads: ExpectedHead[] = []
  let last: ExpectedHead | undefined
  let every = 1
  let count = 0
  for await (const note of log.checkpoints()) {
    const signed = parseCheckpoint(note)
    if (!signed.ok) continue
    const { size, root, origin } = signed.value
    // One of an ended origin may be of leaves that were given up.
    if (log.endedOrigins.has(origin)) continue
    last = { size, root, fault: 'AUDIT_DIVERGED', source: 'a stored checkpoint' }
    if (count++ % every === 0) heads.push(last)
    if (heads.length <= HEADS_MAX) continue
    heads = heads.filter((_, at) => at % 2 === 0)
    every *= 2
  }
  return last === undefined || heads.at(-1) === last ? heads : [...heads, last]
}

/**
 * One of an earlier key was signed with what is gone by now: its root still has to fit.
 * @returns undefined for one of an ended origin, which may be of leaves that were given up
 */
function anchorHead(anchor: string, log: AuditLog): ExpectedHead | LogRefused | undefined {
  const parsed = parseCheckpoint(anchor)
  if (!parsed.ok) return refusedAt(parsed, { path: 'anchor' })
  const { size, root, origin } = parsed.value
  if (log.endedOrigins.has(origin)) return undefined
  const keys = log.verifierKeys
  if (origin === log.origin && keys.length > 0) {
    const logs = keys.map((key) => ({ origin, key }))
    const trusted = verifyCheckpoint(anchor, { logs, witnesses: [], groups: [], quorum: undefined })
    if (!trusted.ok && trusted.code !== 'NOTE_UNTRUSTED') return refusedAt(trusted, { path: 'anchor' })
  }
  if (size > log.size)
    return fault('AUDIT_ROLLBACK', `an anchor is about ${size} leaves, the log has ${log.size}`, { size })
  return { size, root, fault: 'AUDIT_FORK', source: 'an anchor' }
}
