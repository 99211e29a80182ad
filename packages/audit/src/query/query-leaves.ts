import { ForgeError, utf8Decode } from '@forgeone/common'
import { splitEntries } from '../bundle/entry-form.ts'
import { parseLeaf, type LeafFacts } from '../leaf/parse-leaf.ts'
import { TILE_WIDTH, tilePath } from '../tree/tile-path.ts'
import type { AuditEntry, AuditFilter } from './audit-entry.ts'

/** A page of the trail. */
export const QUERY_LIMIT_MAX = 10_000
export const QUERY_LIMIT_DEFAULT = 1000

/** What a query reads from. */
export interface LeafSource {
  readonly size: number
  readonly minimumIndex: number
  leaf(index: number): Promise<string>
  tile(path: string): Promise<Uint8Array | undefined>
}

/**
 * Goes through the bundles in order. Times never decrease, so the first bundle is found by halving; within the time
 * everything else is a filter over the leaves of each bundle, 256 at a time.
 * @throws AUDIT_INDEX_UNKNOWN for a limit or cursor that is none, AUDIT_DIVERGED
 */
export async function* queryLeaves(log: LeafSource, filter: AuditFilter): AsyncGenerator<AuditEntry> {
  const { limit = QUERY_LIMIT_DEFAULT, cursor = 0, from, to } = filter
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > QUERY_LIMIT_MAX)
    throw new ForgeError('AUDIT_INDEX_UNKNOWN', `a limit lies between 1 and ${QUERY_LIMIT_MAX}`)
  if (!Number.isSafeInteger(cursor) || cursor < 0)
    throw new ForgeError('AUDIT_INDEX_UNKNOWN', 'a cursor is the index of a leaf')
  const { size } = log
  const first = from === undefined ? 0 : await firstBundleNear(log, { size, from })
  let left = limit
  let index = Math.max(cursor, first * TILE_WIDTH, log.minimumIndex)
  while (index < size && left > 0) {
    const bundle = Math.floor(index / TILE_WIDTH)
    const leaves = await bundleLeaves(log, bundle, size)
    for (; index < bundle * TILE_WIDTH + leaves.length && left > 0; index++) {
      const leaf = leaves[index % TILE_WIDTH]!
      const facts = parseLeaf(leaf)
      if (facts === undefined) throw new ForgeError('AUDIT_DIVERGED', `leaf ${index} is malformed`)
      if (to !== undefined && facts.time >= to) return
      if (!fits(facts, filter)) continue
      left--
      yield { index, leaf, facts }
    }
  }
}

async function bundleLeaves(log: LeafSource, bundle: number, size: number): Promise<readonly string[]> {
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH)
  const bytes = await log.tile(tilePath({ level: 'entries', index: bundle, width }))
  return (splitEntries(bytes!) ?? []).slice(0, width).map(utf8Decode)
}

/** The last bundle that begins before `from`: what comes before it is earlier. */
async function firstBundleNear(
  log: LeafSource,
  { size, from }: { size: number; from: number },
): Promise<number> {
  let low = Math.floor(log.minimumIndex / TILE_WIDTH)
  let high = Math.max(0, Math.ceil(size / TILE_WIDTH) - 1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const facts = parseLeaf(await log.leaf(middle * TILE_WIDTH))
    if (facts !== undefined && facts.time < from) low = middle
    else high = middle - 1
  }
  return low
}

function fits(facts: LeafFacts, { who, act, resource, outcome, from }: AuditFilter): boolean {
  if (from !== undefined && facts.time < from) return false
  if (who !== undefined && facts.actor !== who) return false
  if (act !== undefined && !fitsAction(facts.action, act)) return false
  if (resource !== undefined && facts.resourceClass !== resource && facts.resourceHash !== resource)
    return false
  return outcome === undefined || facts.context?.['outcome'] === outcome
}

function fitsAction(action: string, pattern: string): boolean {
  return pattern.endsWith('.*') ? action.startsWith(pattern.slice(0, -1)) : action === pattern
}
