import { ForgeError, isReadable, type MethodShape } from '@forgeone/common'
import {
  onResources,
  HERE_RULE,
  textMember,
  type Action,
  type CallRule,
  type MethodRule,
  type RulesOf,
} from '@forgeone/engine'
import type { Checkpoints } from '../group/checkpoints.ts'
import type { EventGroups } from '../group/event-groups.ts'
import type { EventStream } from '../face/event-stream.ts'
import type { LogStream } from '../face/log-stream.ts'
import type { TopicOperations } from '../stream/topic-operations.ts'
import { boundCheckpoints, checkpointOfBound, checkpointResource } from './checkpoint-resource.ts'
import { EVENT_SHAPES, LOG_SHAPES, SUBSCRIBE, TOPIC_OPERATION_SHAPES } from './stream-shapes.ts'
import { topicResource } from './topic-resource.ts'

type StreamName = 'logs' | 'events'

function topicOption(action: Action, stream: StreamName, position: number): CallRule {
  return {
    kind: 'call',
    action,
    resources: (args) => [topicResource(stream, textMember(args[position], 'topic'))],
  }
}

/** The same, and the checkpoints that it begins and ends at: their places and patterns are of who set them. */
function readingEvents(position: number): CallRule {
  const rule = topicOption('data.read', 'events', position)
  return { ...rule, resources: (args) => [...rule.resources(args), ...boundCheckpoints(args[position])] }
}

function topicName(action: Action, stream: StreamName): CallRule {
  return { kind: 'call', action, resources: (args) => [topicResource(stream, args[0])] }
}

/** The topics of one entry or many. */
function topicsOfEntries(stream: StreamName): CallRule {
  return {
    kind: 'call',
    action: 'data.write',
    resources: ([input]) => {
      const inputs: readonly unknown[] = Array.isArray(input) && input.length > 0 ? input : [input]
      return [...new Set(inputs.map((one) => topicResource(stream, textMember(one, 'topic'))))]
    },
  }
}

function entry(action: Action, stream: StreamName, absent: () => unknown): MethodRule {
  return {
    kind: 'entry',
    action,
    resourceOf: (found) => {
      const topic: unknown = Reflect.get(found, 'topic')
      return typeof topic === 'string' ? topicResource(stream, topic) : undefined
    },
    absent,
  }
}

function unknownEntry(): never {
  throw new ForgeError('STREAM_ENTRY_UNKNOWN', 'no entry has this id')
}

const subscribed: MethodRule & { readonly crosses: MethodShape } = {
  kind: 'call',
  crosses: SUBSCRIBE,
  action: 'data.read',
  resources: ([options]) => groupResources(options),
  gives: 'subscription',
}

type SharedMethods = keyof RulesOf<LogStream> & keyof RulesOf<EventStream>

function streamRules(stream: StreamName): Pick<RulesOf<LogStream>, SharedMethods> {
  const crosses = stream === 'logs' ? LOG_SHAPES : EVENT_SHAPES
  const reading = (position: number): CallRule => topicOption('data.read', stream, position)
  return {
    append: { ...topicsOfEntries(stream), crosses: crosses.append },
    get: { ...entry('data.read', stream, () => undefined), crosses: crosses.get },
    has: entry('data.list', stream, () => false),
    prove: entry('data.read', stream, unknownEntry),
    read: { ...reading(0), crosses: crosses.read },
    search: { ...reading(1), crosses: crosses.search },
    table: { ...reading(1), crosses: crosses.table },
    tail: { ...reading(0), crosses: crosses.tail },
    topics: topicName('data.list', stream),
    importFrom: { ...topicOption('data.write', stream, 1), input: {}, crosses: crosses.importFrom },
    compact: { ...onResources('maintenance.run', stream), crosses: crosses.compact },
    coldBytes: onResources('stats.read', stream),
    verify: { ...onResources('verify.run', stream), crosses: crosses.verify },
    close: HERE_RULE,
  }
}

export function topicOperationRules(stream: StreamName): RulesOf<TopicOperations> {
  return {
    create: topicName('data.write', stream),
    describe: topicName('data.list', stream),
    update: topicName('settings.write', stream),
    remove: topicName('data.delete', stream),
    setRetention: topicName('settings.write', stream),
    retentionRules: onResources('data.list', `${stream}/**`),
    removeRetention: topicName('settings.write', stream),
    applyRetention: {
      ...onResources('maintenance.run', stream),
      crosses: TOPIC_OPERATION_SHAPES.applyRetention,
    },
    compactKeys: { ...onResources('maintenance.run', stream), crosses: TOPIC_OPERATION_SHAPES.compactKeys },
  }
}

export const LOG_RULES: RulesOf<LogStream> = {
  ...streamRules('logs'),
  exportRaw: { ...topicOption('data.read', 'logs', 0), crosses: LOG_SHAPES.exportRaw },
}

export const EVENT_RULES: RulesOf<EventStream> = {
  ...streamRules('events'),
  read: { ...readingEvents(0), crosses: EVENT_SHAPES.read },
  search: { ...readingEvents(1), crosses: EVENT_SHAPES.search },
  table: { ...readingEvents(1), crosses: EVENT_SHAPES.table },
  tail: { ...readingEvents(0), crosses: EVENT_SHAPES.tail },
  // A line of a log goes where the option says; one of events may name its topic.
  importFrom: {
    ...topicOption('data.write', 'events', 1),
    input: { lineResource: (topic) => topicResource('events', topic) },
    crosses: EVENT_SHAPES.importFrom,
  },
  subscribe: subscribed,
  // Its schema is code, and so is an upcast.
  topic: { kind: 'face', crosses: 'here' },
  exportCloudEvents: { ...readingEvents(0), crosses: EVENT_SHAPES.exportCloudEvents },
  defineUpcast: { ...onResources('settings.write', 'events'), crosses: 'here' },
}

export const GROUP_RULES: RulesOf<EventGroups> = {
  create: { kind: 'call', action: 'data.read', resources: ([, options]) => groupResources(options) },
  get: onResources('data.list', 'events/**'),
  list: onResources('data.list', 'events/**'),
  remove: onResources('data.delete', 'events/**'),
  pause: onResources('data.read', 'events/**'),
  resume: onResources('data.read', 'events/**'),
  seek: {
    kind: 'call',
    action: 'data.read',
    resources: ([, to]) => ['events/**', ...checkpointOfBound(to)],
  },
  lag: onResources('data.list', 'events/**'),
  redrive: onResources('data.write', 'events/**'),
  subscribe: subscribed,
  close: HERE_RULE,
}

export const CHECKPOINT_RULES: RulesOf<Checkpoints> = {
  // A name is shared by all who read from it: who may write its topics may not move it for the others.
  set: {
    kind: 'call',
    action: 'data.write',
    resources: ([name, pattern]) => [topicResource('events', pattern), checkpointResource(name)],
  },
  get: checkpointName('data.list'),
  require: checkpointName('data.list'),
  list: onResources('data.list', 'checkpoints/**'),
  remove: checkpointName('data.write'),
}

function groupResources(options: unknown): readonly string[] {
  return [...groupTopics(options), ...boundCheckpoints(options)]
}

function groupTopics(options: unknown): readonly string[] {
  const isObject = typeof options === 'object' && options !== null
  const topics: unknown = isObject && isReadable(options) ? Reflect.get(options, 'topics') : undefined
  if (typeof topics === 'string') return [topicResource('events', topics)]
  // A group that exists may take events of any topic.
  if (!Array.isArray(topics) || topics.length === 0) return [topicResource('events')]
  return topics.map((topic) => topicResource('events', topic))
}

function checkpointName(action: Action): CallRule {
  return { kind: 'call', action, resources: ([name]) => [checkpointResource(name)] }
}
