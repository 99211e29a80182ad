/** Which hashes a proof is made of: RFC 6962 sections 2.1.1 and 2.1.2, as ranges of leaves. */
import { nodeHash } from './hash.ts'

/** The leaves from `start` up to, not including, `end`. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** The root of a perfect tree: leaves `index * 2^level` up to `(index + 1) * 2^level`. */
export interface NodeId {
  readonly level: number
  readonly index: number
}

/** PATH(index, D[size]): the ranges whose hashes lead from a leaf to the root, the leaf's sibling first. */
export function inclusionRanges({ index, size }: { index: number; size: number }): readonly LeafRange[] {
  const ranges: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

/** PROOF(older, D[newer]): the ranges whose hashes show that one tree begins with the other. `0 < older <= newer`. */
export function consistencyRanges({ older, newer }: { older: number; newer: number }): readonly LeafRange[] {
  const ranges: LeafRange[] = []
  let start = 0
  let end = newer
  // The older root is known to the verifier, so a subtree that is the whole older tree is left out.
  let isWhole = true
  while (end > older) {
    const middle = start + largestPowerBelow(end - start)
    if (older <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
      isWhole = false
    }
  }
  if (!isWhole) ranges.push({ start, end })
  return ranges.reverse()
}

/** The perfect trees that a range consists of, from left to right. */
export function nodesOfRange({ start, end }: LeafRange): readonly NodeId[] {
  const nodes: NodeId[] = []
  let at = start
  while (at < end) {
    let level = 0
    let leaves = 1
    while (leaves * 2 <= end - at && at % (leaves * 2) === 0) {
      leaves *= 2
      level++
    }
    nodes.push({ level, index: at / leaves })
    at += leaves
  }
  return nodes
}

/** MTH over a range whose `start` a proof or a tree of its own begins at. */
export function hashOfRange(range: LeafRange, node: (id: NodeId) => Uint8Array): Uint8Array {
  return nodesOfRange(range)
    .map(node)
    .reduceRight((right, left) => nodeHash(left, right))
}

/** The largest power of two below `count`, which is above 1. */
export function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
