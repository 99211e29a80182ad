import { createHash } from 'node:crypto'
import { concatBytes, utf8Encode } from '@forgeone/common'

// RFC 6962: the root over all leaves of a log, from the subtrees left of a range and the leaves from there on. Whoever
// reaches a signed root this way has every leaf of the range, unaltered and in order.

interface Subtree {
  readonly hash: Uint8Array
  readonly leaves: number
}

/** Grows a tree leaf by leaf; holds one hash a set bit of its size. */
export class GrowingRoot {
  readonly #peaks: Subtree[]

  /**
   * @param size leaves before the first that is added
   * @param peaks their perfect subtrees, the smallest first: the inclusion proof of leaf `size` in a tree of `size` + 1
   */
  constructor({ size, peaks }: { readonly size: number; readonly peaks: readonly Uint8Array[] }) {
    const sizes = perfectSizes(size)
    if (sizes.length !== peaks.length)
      throw new RangeError(`${size} leaves have ${sizes.length} perfect subtrees`)
    this.#peaks = sizes.map((leaves, index) => ({ leaves, hash: peaks[peaks.length - 1 - index]! }))
  }

  add(leaf: string): void {
    let node: Subtree = { hash: hash([Uint8Array.of(0), utf8Encode(leaf)]), leaves: 1 }
    for (let last = this.#peaks.at(-1); last?.leaves === node.leaves; last = this.#peaks.at(-1)) {
      this.#peaks.pop()
      node = { hash: hash([Uint8Array.of(1), last.hash, node.hash]), leaves: node.leaves * 2 }
    }
    this.#peaks.push(node)
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined
    for (const peak of this.#peaks.toReversed()) {
      root = root === undefined ? peak.hash : hash([Uint8Array.of(1), peak.hash, root])
    }
    return root ?? hash([])
  }
}

/** Sizes of the perfect subtrees of a tree, the largest first. */
function perfectSizes(size: number): readonly number[] {
  const sizes: number[] = []
  for (let power = 2 ** 52; power >= 1; power /= 2) if (Math.floor(size / power) % 2 === 1) sizes.push(power)
  return sizes
}

function hash(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(createHash('sha256').update(concatBytes(parts)).digest())
}
