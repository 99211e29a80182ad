import {
  plainActs,
  type Acts,
  type CollectionStatistics,
  type DatabasePlan,
  type Facility,
  type Host,
  type Job,
  type Layout,
  type OpenedFacility,
} from '@forgeone/engine'
import type { BlockCache } from '../read/block-cache.ts'
import { shardStateScopes } from '../shard/state-scopes.ts'
import type { EventStream } from '../face/event-stream.ts'
import type { LogStream } from '../face/log-stream.ts'
import { openEvents, openLogs, streamDatabases } from '../face/open-streams.ts'
import type { StreamOptions } from '../stream/stream-options.ts'
import { CHECKPOINT_RULES, EVENT_RULES, GROUP_RULES, LOG_RULES, topicOperationRules } from './stream-rules.ts'

/** What logs and events of a store share, and how they keep themselves small. */
export interface StreamFacilityOptions {
  readonly cache: BlockCache
  readonly compaction?: StreamOptions['compaction']
}

/** Retention is applied this long after opening, and then so often. */
const FIRST_RETENTION_MS = 60_000
const RETENTION_EVERY_MS = 3_600_000

const VERBS: readonly string[] = [
  'append',
  'compact',
  'compact-keys',
  'create-topic',
  'remove-retention',
  'remove-topic',
  'retain',
  'set-retention',
  'update-topic',
]

const EVENT_ACTS: Acts = plainActs('events', [
  ...VERBS,
  'settle',
  'group-create',
  'group-remove',
  'group-pause',
  'group-resume',
  'group-clean',
  'checkpoint-set',
  'checkpoint-remove',
])

export function logsFacility(options: StreamFacilityOptions): Facility<LogStream> {
  return {
    name: 'logs',
    databases: (layout) => shardPlans('logs', layout),
    acts: plainActs('logs', VERBS),
    rules: { methods: LOG_RULES, parts: { topicOperations: { methods: topicOperationRules('logs') } } },
    open: async (host) => {
      const jobs: Job[] = []
      return opened('logs', await openLogs(host.store, streamOptions(host, options, jobs)), jobs)
    },
  }
}

export function eventsFacility(options: StreamFacilityOptions): Facility<EventStream> {
  return {
    name: 'events',
    databases: (layout) => shardPlans('events', layout),
    acts: EVENT_ACTS,
    rules: {
      methods: EVENT_RULES,
      parts: {
        topicOperations: { methods: topicOperationRules('events') },
        groups: { methods: GROUP_RULES },
        checkpoints: { methods: CHECKPOINT_RULES },
      },
    },
    open: async (host) => {
      const jobs: Job[] = []
      return opened('events', await openEvents(host.store, streamOptions(host, options, jobs)), jobs)
    },
  }
}

function shardPlans(stream: 'logs' | 'events', { shardCount }: Layout): readonly DatabasePlan[] {
  return streamDatabases(stream, shardCount).map((name) => ({ name, scopes: shardStateScopes(name) }))
}

function streamOptions(host: Host, options: StreamFacilityOptions, jobs: Job[]): StreamOptions {
  const { clock, timer, metrics, reportProblem, layout } = host
  const takeJob = (job: Job): void => void jobs.push(job)
  return { ...options, shardCount: layout.shardCount, clock, timer, metrics, reportProblem, takeJob }
}

function opened<Stream extends LogStream | EventStream>(
  name: string,
  stream: Stream,
  jobs: readonly Job[],
): OpenedFacility<Stream> {
  return {
    face: stream,
    verify: async () => await stream.verify(),
    statistics: () => stream.topics().map(statisticsOf),
    jobs: [
      ...jobs,
      {
        name: `retention of ${name}`,
        firstMs: FIRST_RETENTION_MS,
        everyMs: RETENTION_EVERY_MS,
        run: async (signal) => await stream.topicOperations.applyRetention({ signal }),
      },
    ],
    close: async () => await stream.close(),
  }
}

function statisticsOf(topic: ReturnType<LogStream['topics']>[number]): CollectionStatistics {
  const { name, count, rawBytes, storedBytes, firstTimestamp, lastTimestamp } = topic
  return { name, count, rawBytes, storedBytes, first: firstTimestamp ?? null, last: lastTimestamp ?? null }
}
