import { createHash } from 'node:crypto'
import { equalBytes } from '@forgeone/common'
import { treeRoot } from '../block/run-proof.ts'

/** What decides where a run stands among the leaves of its commit's tree. */
export interface RunOrder {
  readonly database: string
  readonly topicId: number
}

/** The order of the leaves; runs of one topic in one shard stay in the order of their blocks. */
export function compareRuns(left: RunOrder, right: RunOrder): number {
  if (left.database !== right.database) return left.database < right.database ? -1 : 1
  return left.topicId - right.topicId
}

/** The audit path of a leaf, RFC 6962 section 2.1.1: the hashes beside its way up, the nearest first. */
export function auditPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length <= 1) return []
  const split = largestPowerBelow(leaves.length)
  const left = leaves.slice(0, split)
  const right = leaves.slice(split)
  return index < split
    ? [...auditPath(left, index), treeRoot(right)]
    : [...auditPath(right, index - split), treeRoot(left)]
}

export interface PathStart {
  readonly leaf: Uint8Array
  readonly index: number
  /** Leaves of the whole tree. */
  readonly size: number
}

/** Whether a path leads from a leaf to a root: RFC 9162 section 2.1.3.2. */
export function leadsToRoot(
  { leaf, index, size }: PathStart,
  { path, root }: { readonly path: readonly Uint8Array[]; readonly root: Uint8Array },
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  let place = index
  let last = size - 1
  let hash = leaf
  for (const beside of path) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      hash = parentOf(beside, hash)
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2)
        last = Math.floor(last / 2)
      }
    } else hash = parentOf(hash, beside)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(hash, root)
}

function parentOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const inner = createHash('sha256').update(Uint8Array.of(1)).update(left).update(right)
  return new Uint8Array(inner.digest())
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
