import type { Clock } from '@forgeone/common'
import { comparePositions } from '../entry/position.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { lanesOf } from './group-reader.ts'
import type { EventSource } from './lane-reader.ts'
import { isLeaseThere } from './prepared-leases.ts'

export interface PatternLag {
  readonly pattern: string
  /** Events that the group did not settle yet. */
  readonly entries: number
  /** Age of the oldest of them by its timestamp; undefined when there is none. */
  readonly oldestAgeMs: number | undefined
}

/** How far a group is behind. An event that several patterns match counts for each. */
export interface GroupLag {
  readonly group: string
  readonly entries: number
  readonly inFlight: number
  readonly waiting: number
  readonly oldestAgeMs: number | undefined
  readonly topics: readonly PatternLag[]
}

/** Counts by reading what is behind the cursors: exact, at the price of a scan. */
export async function groupLag(
  group: ConsumerGroup,
  { source, clock }: { readonly source: EventSource; readonly clock: Clock },
): Promise<GroupLag> {
  const { definition, topics, ledger, settlement } = group
  const { name, order } = definition
  const tallies = new Map(definition.topics.map((pattern) => [pattern, new Tally()]))
  const all = new Tally()
  const count = ({ topic, timestamp }: { readonly topic: string; readonly timestamp: number }): void => {
    all.add(timestamp)
    for (const [pattern, tally] of tallies) if (topics.matches(pattern, topic)) tally.add(timestamp)
  }
  const now = clock.now()
  const known = [...ledger.unsettled()]
  const { inFlight, waiting } = settlement
  // Taken before the scan begins: what is handed out meanwhile is counted where it was.
  const { cursors } = ledger
  const upTo = source.head()
  const matched = topics.current().topics
  await group.fetch(known)
  for (const lease of known) {
    const { event } = lease
    if (event !== undefined && (await isLeaseThere(lease, source))) count(event)
  }
  if (upTo !== undefined) {
    for (const [lane, levelMask] of lanesOf(order).entries()) {
      const after = cursors[lane]!
      if (comparePositions(after, upTo) >= 0) continue
      const request = { topics: matched, after, upTo, levelMask, limit: Number.POSITIVE_INFINITY }
      for await (const batch of source.scan(request)) for (const { event } of batch) count(event)
    }
  }
  return {
    group: name,
    entries: all.entries,
    inFlight,
    waiting,
    oldestAgeMs: all.ageMs(now),
    topics: [...tallies].map(([pattern, tally]) => ({
      pattern,
      entries: tally.entries,
      oldestAgeMs: tally.ageMs(now),
    })),
  }
}

class Tally {
  entries = 0
  #oldest = Number.POSITIVE_INFINITY

  add(timestamp: number): void {
    this.entries++
    this.#oldest = Math.min(this.#oldest, timestamp)
  }

  ageMs(now: number): number | undefined {
    return this.entries === 0 ? undefined : Math.max(0, now - this.#oldest)
  }
}
