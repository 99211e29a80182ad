import { systemTimer } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import type { FoundRow } from '../read/scan-request.ts'
import type { StreamCore } from '../stream/stream-core.ts'
import type { StreamOptions } from '../stream/stream-options.ts'
import { Checkpoints } from './checkpoints.ts'
import { EventGroups } from './event-groups.ts'
import { placedEvent, type PlacedEvent } from './placed-event.ts'
import type { AppendWith } from './settlement-options.ts'

/** Loads the groups and checkpoints of a stream of events. */
export async function openGroups(
  core: StreamCore<EventMessage>,
  options: StreamOptions,
): Promise<{ readonly groups: EventGroups; readonly checkpoints: Checkpoints }> {
  const { store, clock, metrics, topicDirectory: topics } = core
  const actor = options.actor ?? 'app'
  const checkpoints = await Checkpoints.open({ store, topics, actor, head: () => core.head() })
  const placed = (found: FoundRow, id: string): PlacedEvent => placedEvent(found, id, core.codec)
  const append: AppendWith = async (rows, o) => {
    // The gate refuses new topics of ours, since callers must not make them: so they are made here.
    for (const { topic } of rows) if (topic.startsWith('$')) topics.findOrCreate(topic, clock.now())
    return await core.append(rows, o)
  }
  const groups = await EventGroups.open({
    store,
    topics,
    clock,
    metrics,
    actor,
    checkpoints,
    append,
    timer: options.timer ?? systemTimer,
    source: {
      head: () => core.head(),
      removals: () => core.removals.count,
      isThere: (position) => core.isThere(position),
      scan: (request) => core.scan(request, placed),
    },
    watch: (listener) => core.watch(listener),
    onRemoval: (listener) => core.removals.watch(listener),
    firstSince: async (topicsOfGroup, time) => {
      const request = { topics: topicsOfGroup, timeFrom: time, levelMask: -1, limit: 1 }
      for await (const [first] of core.scan(request, placed)) return first
      return undefined
    },
  })
  return { groups, checkpoints }
}
