import { comparePositions, type Position } from '../entry/position.ts'
import { PRIORITIES } from '../entry/priority.ts'
import type { GroupOrder } from './group-definition.ts'
import type { GroupTopics } from './group-topics.ts'
import { LaneReader, type EventSource } from './lane-reader.ts'
import { LaneSchedule, PRIORITY_SHARES } from './lane-schedule.ts'
import type { Lease } from './lease.ts'
import type { ReadEvent } from './placed-event.ts'
import { before } from './position-order.ts'

/** Entries that lie so few commits apart are read again by one scan. */
const NEAR_COMMITS = 16

/** Lanes of an order: all entries, or one for each priority, the most urgent first. */
export function lanesOf(order: GroupOrder): readonly number[] {
  return order === 'log' ? [-1] : PRIORITIES.map((_, code) => 1 << code).reverse()
}

/** Reads what a group is to hand out next, from all its lanes. */
export class GroupReader {
  readonly #source: EventSource
  readonly #topics: GroupTopics
  readonly #lanes: readonly LaneReader[]
  readonly #schedule: LaneSchedule

  constructor(o: {
    readonly source: EventSource
    readonly topics: GroupTopics
    readonly order: GroupOrder
    readonly cursors: readonly Position[]
  }) {
    const { source, topics } = o
    this.#source = source
    this.#topics = topics
    this.#lanes = lanesOf(o.order).map(
      (levelMask, lane) => new LaneReader({ source, topics, levelMask, cursor: o.cursors[lane]! }),
    )
    this.#schedule = new LaneSchedule(o.order === 'log' ? [1] : PRIORITY_SHARES)
  }

  get cursors(): readonly Position[] {
    return this.#lanes.map((lane) => lane.cursor)
  }

  /** At most so many entries, none only when the end is reached. */
  async take(count: number): Promise<readonly ReadEvent[]> {
    const taken: ReadEvent[] = []
    const lanes = this.#lanes
    while (taken.length < count) {
      // One lane after the other: a lane that runs out is filled before its turn is given away.
      for (const lane of lanes) if (!lane.hasNext) await lane.fill()
      const lane = this.#schedule.next((index) => lanes[index]!.hasNext)
      if (lane === undefined) break
      taken.push(lanes[lane]!.take())
    }
    return taken
  }

  /** Reads the events of leases that lack them; those that are in the log no more keep lacking them. */
  async fetch(leases: readonly Lease[]): Promise<void> {
    const lacking = leases
      .filter((lease) => lease.event === undefined)
      .sort((left, right) => comparePositions(left.position, right.position))
    for (let start = 0; start < lacking.length;) {
      let end = start + 1
      while (end < lacking.length && isNear(lacking[end - 1]!.position, lacking[end]!.position)) end++
      await this.#fetchRange(lacking.slice(start, end))
      start = end
    }
  }

  async #fetchRange(leases: readonly Lease[]): Promise<void> {
    const readAt = this.#source.removals()
    const batches = this.#source.scan({
      topics: this.#topics.current().topics,
      after: before(leases[0]!.position),
      upTo: leases.at(-1)!.position,
      levelMask: -1,
      limit: Number.POSITIVE_INFINITY,
    })
    let at = 0
    for await (const batch of batches) {
      for (const { event, position } of batch) {
        while (at < leases.length && comparePositions(leases[at]!.position, position) < 0) at++
        if (at < leases.length && comparePositions(leases[at]!.position, position) === 0)
          Object.assign(leases[at]!, { event, readAt })
      }
    }
  }
}

function isNear(left: Position, right: Position): boolean {
  return right.commitSequence - left.commitSequence <= NEAR_COMMITS
}
