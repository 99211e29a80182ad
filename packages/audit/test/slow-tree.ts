import { createHash } from 'node:crypto'

/** RFC 6962 section 2.1 word for word, to compare with; it remembers roots of ranges it has computed. */
export class SlowTree {
  readonly #leaves: readonly Uint8Array[]
  readonly #roots = new Map<string, Uint8Array>()

  /** @param leaves their hashes */
  constructor(leaves: readonly Uint8Array[]) {
    this.#leaves = leaves
  }

  /** MTH(D[start:end]). */
  root(start: number, end: number): Uint8Array {
    if (start === end) return sha256()
    if (end - start === 1) return this.#leaves[start]!
    const name = `${start}/${end}`
    const known = this.#roots.get(name)
    if (known !== undefined) return known
    const k = split(end - start)
    const root = sha256(Uint8Array.of(1), this.root(start, start + k), this.root(start + k, end))
    this.#roots.set(name, root)
    return root
  }

  /** PATH(m, D[start:end]) of section 2.1.1. */
  path(m: number, start: number, end: number): readonly Uint8Array[] {
    if (end - start === 1) return []
    const k = split(end - start)
    return m < k
      ? [...this.path(m, start, start + k), this.root(start + k, end)]
      : [...this.path(m - k, start + k, end), this.root(start, start + k)]
  }

  /** SUBPROOF(m, D[start:end], b) of section 2.1.2. */
  proof(m: number, start: number, end: number, b = true): readonly Uint8Array[] {
    if (m === end - start) return b ? [] : [this.root(start, end)]
    const k = split(end - start)
    return m <= k
      ? [...this.proof(m, start, start + k, b), this.root(start + k, end)]
      : [...this.proof(m - k, start + k, end, false), this.root(start, start + k)]
  }
}

function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = createHash('sha256')
  for (const part of parts) hasher.update(part)
  return new Uint8Array(hasher.digest())
}
