import { eventLoopTurn, ForgeError, utf8Decode } from '@forgeone/common'
import { splitEntries } from '../bundle/entry-form.ts'
import { parseLeaf, type LeafFacts } from '../leaf/parse-leaf.ts'
import type { Candidates } from '../query-index/candidate-bundles.ts'
import { TILE_WIDTH, tilePath } from '../tree/tile-path.ts'
import type { AuditAnswer, AuditEntry, AuditFilter } from './audit-entry.ts'
import { pruned } from '../leaf/pruned-leaf.ts'

/** A page of the trail. */
export const QUERY_LIMIT_MAX = 10_000
export const QUERY_LIMIT_DEFAULT = 1000

/** What a query reads from. */
export interface LeafSource {
  readonly size: number
  readonly minimumIndex: number
  readonly lastCheckpointSize: number
  leaf(index: number): Promise<string>
  tile(path: string): Promise<Uint8Array | undefined>
}

/**
 * Goes through the bundles in order, all or the candidates. Times never decrease, so where they begin and end is found
 * by halving; between, everything else is a filter over the leaves of each bundle, 256 at a time.
 * @throws AUDIT_INDEX_UNKNOWN for a limit or cursor that is none, AUDIT_DIVERGED, AUDIT_PRUNED
 */
export async function* queryLeaves(
  log: LeafSource,
  filter: AuditFilter,
  readCandidates?: () => Promise<Candidates | undefined>,
): AsyncGenerator<AuditEntry, AuditAnswer> {
  const { limit = QUERY_LIMIT_DEFAULT, cursor = 0, from, to } = filter
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > QUERY_LIMIT_MAX)
    throw new ForgeError('AUDIT_INDEX_UNKNOWN', `a limit lies between 1 and ${QUERY_LIMIT_MAX}`)
  if (!Number.isSafeInteger(cursor) || cursor < 0)
    throw new ForgeError('AUDIT_INDEX_UNKNOWN', 'a cursor is the index of a leaf')
  const candidates = await readCandidates?.()
  const { size } = log
  const end = to === undefined ? size : await firstLeafFrom(log, { size, time: to })
  const earliest = from === undefined ? log.minimumIndex : await firstLeafFrom(log, { size, time: from })
  const begin = Math.min(end, Math.max(cursor, earliest))
  let count = 0
  let index = begin
  while (index < end && count < limit) {
    // Whole tiles are in memory: a loop of queries would never wait.
    await eventLoopTurn.giveWay()
    const current = Math.floor(index / TILE_WIDTH)
    const bundle = (await candidates?.next(current)) ?? current
    // What was pruned meanwhile would be passed over without a word.
    if (index < log.minimumIndex) throw pruned(index, log.minimumIndex)
    index = Math.min(end, Math.max(index, bundle * TILE_WIDTH))
    if (index === end) break
    const leaves = await bundleLeaves(log, bundle, size)
    const last = Math.min(end, bundle * TILE_WIDTH + leaves.length)
    for (; index < last && count < limit; index++) {
      const leaf = leaves[index % TILE_WIDTH]!
      const facts = parseLeaf(leaf)
      if (facts === undefined) throw new ForgeError('AUDIT_DIVERGED', `leaf ${index} is malformed`)
      if (!fits(facts, filter)) continue
      count++
      yield { index, leaf, facts }
    }
  }
  return { begin, end: index, count, checkpointSize: log.lastCheckpointSize }
}

async function bundleLeaves(log: LeafSource, bundle: number, size: number): Promise<readonly string[]> {
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH)
  const bytes = await log.tile(tilePath({ level: 'entries', index: bundle, width }))
  return (splitEntries(bytes!) ?? []).slice(0, width).map(utf8Decode)
}

/** The first leaf that is not earlier, `size` when all are. */
async function firstLeafFrom(
  log: LeafSource,
  { size, time }: { size: number; time: number },
): Promise<number> {
  let low = log.minimumIndex
  let high = size
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const facts = parseLeaf(await log.leaf(middle))
    if (facts !== undefined && facts.time < time) low = middle + 1
    else high = middle
  }
  return low
}

function fits(facts: LeafFacts, { who, act, resource, outcome }: AuditFilter): boolean {
  if (who !== undefined && facts.actor !== who) return false
  if (act !== undefined && !fitsAction(facts.action, act)) return false
  if (resource !== undefined && facts.resourceClass !== resource && facts.resourceHash !== resource)
    return false
  return outcome === undefined || facts.context?.['outcome'] === outcome
}

function fitsAction(action: string, pattern: string): boolean {
  return pattern.endsWith('.*') ? action.startsWith(pattern.slice(0, -1)) : action === pattern
}
