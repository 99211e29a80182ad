import { parseLeaf } from '@forgeone/audit'
import { asBuffer, utf8Decode } from '@forgeone/common'
import type { PlacedEntries } from '@forgeone/streams'

/** The name of a facility whose leaves count entries. */
export type StreamName = string

/** What a stream held at one moment, and how many leaves the log had then. */
export interface PlacedAt {
  readonly stream: StreamName
  readonly placed: PlacedEntries
  readonly leaves: number
}

/** What leaves tell of a stream, and what is there. */
export interface CountMismatch {
  readonly stream: StreamName
  readonly told: number
  readonly placed: number
}

/**
 * Counts the entries that the leaves of a log tell of, to compare them with those that have a place. A stream that is written
 * meanwhile has at least what the leaves of that moment tell of, and at most what all leaves do.
 */
export class CountedEntries {
  readonly #expected: readonly PlacedAt[]
  readonly #toldBefore = new Map<StreamName, number | undefined>()
  #counts: Partial<Record<string, number>> | undefined = {}
  #next = 0

  constructor(expected: readonly PlacedAt[]) {
    this.#expected = expected
  }

  add(leaf: Uint8Array, index: number): void {
    // Leaves that were pruned can be counted no more.
    if (index !== this.#next) this.#counts = undefined
    this.#next = index + 1
    for (const { stream, leaves } of this.#expected)
      if (leaves === index) this.#toldBefore.set(stream, this.#told(stream))
    if (tellsOfEntries(leaf)) this.#count(utf8Decode(leaf))
  }

  /** Once the last leaf was added. Empty also where nobody can say: what was written before the log, or accepted uncounted. */
  mismatches(): readonly CountMismatch[] {
    return this.#expected.flatMap(({ stream, placed, leaves }) => {
      const after = this.#told(stream)
      const before = leaves >= this.#next ? after : this.#toldBefore.get(stream)
      if (before !== undefined && before > placed.withInFlight)
        return [{ stream, told: before, placed: placed.withInFlight }]
      if (after !== undefined && after < placed.acknowledged)
        return [{ stream, told: after, placed: placed.acknowledged }]
      return []
    })
  }

  #told(stream: StreamName): number | undefined {
    return this.#counts && (this.#counts[stream] ?? 0)
  }

  #count(text: string): void {
    const facts = parseLeaf(text)
    if (facts === undefined) return
    const { action, entries, resourceClass, context } = facts
    // What was accepted then is what there is from there on.
    if (action === 'store.restored') this.#counts = acceptedCounts(context?.['entries'])
    else if (action === 'store.unlogged') this.#counts = undefined
    else if (entries !== undefined && this.#counts !== undefined)
      this.#counts[resourceClass] = (this.#counts[resourceClass] ?? 0) + entries.count
  }
}

/** Most leaves do not, and need not be parsed. */
function tellsOfEntries(leaf: Uint8Array): boolean {
  const bytes = asBuffer(leaf)
  return bytes.includes('"ent":') || bytes.includes('"act":"store.')
}

function acceptedCounts(entries: unknown): Partial<Record<string, number>> | undefined {
  if (typeof entries !== 'object' || entries === null) return undefined
  const { logs, events } = entries as Partial<Record<string, unknown>>
  return typeof logs === 'number' && typeof events === 'number' ? { logs, events } : undefined
}
