// Every public method of every face of `Forge`, and what it needs. A method without a row is not offered to a principal,
// and fails the test that walks this table beside the classes.

import { isReadable } from '@forgeone/common'
import { boundCheckpoints, checkpointOfBound, checkpointResource } from './checkpoint-resource.ts'
import { topicResource } from './resource-pattern.ts'
import type { Action } from './roles.ts'

/** What a method needs before it runs. */
export type MethodRule =
  /** The action on every resource that the arguments name. */
  | {
      readonly kind: 'call'
      readonly action: Action
      readonly resources: (args: readonly unknown[]) => readonly string[]
      /** Each line names a topic of its own. */
      readonly linesNameTopics?: true
    }
  /** Finds one entry by its id; what may not be read looks as if it were not there. */
  | { readonly kind: 'entry'; readonly action: Action; readonly stream: 'logs' | 'events' }
  /** Uses other methods of the same face, each of which is asked about. */
  | { readonly kind: 'face' }
  /** Whoever has the secret may: what it gives is in its argument. */
  | { readonly kind: 'bearer' }
  /** Only the owner, who holds the store itself. */
  | { readonly kind: 'owner' }

export type MethodRules = Readonly<Record<string, MethodRule>>

const OWNER: MethodRule = { kind: 'owner' }

function on(action: Action, ...resources: readonly string[]): MethodRule {
  return { kind: 'call', action, resources: () => resources }
}

function named(action: Action, prefix: string, position = 0): MethodRule {
  return {
    kind: 'call',
    action,
    resources: (args) => listed(args[position]).map((name) => `${prefix}/${name}`),
  }
}

function listed(value: unknown): readonly string[] {
  // A list of nothing names nothing; asking for nothing must not be less than asking for something.
  if (Array.isArray(value) && value.length > 0) return value.map(nameOf)
  return [nameOf(value)]
}

/** What is no text names nothing: only who may use all of them may try. */
function nameOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '**'
}

/** A member of an options object. */
function member(value: unknown, name: string): string | undefined {
  // An object of a class may show another name at each look: it names nothing.
  const found =
    typeof value === 'object' && value !== null && isReadable(value) ? Reflect.get(value, name) : undefined
  return typeof found === 'string' ? found : undefined
}

type CallRule = Extract<MethodRule, { kind: 'call' }>

function topicOption(action: Action, stream: 'logs' | 'events', position: number): CallRule {
  return {
    kind: 'call',
    action,
    resources: (args) => [topicResource(stream, member(args[position], 'topic'))],
  }
}

/** A line of a log goes where the option says; one of events may name its topic. */
function importing(stream: 'logs' | 'events'): MethodRule {
  const rule = topicOption('data.write', stream, 1)
  return stream === 'logs' ? rule : { ...rule, linesNameTopics: true }
}

/** The same, and the checkpoints that it begins and ends at: their places and patterns are of who set them. */
function readingEvents(position: number): MethodRule {
  const rule = topicOption('data.read', 'events', position)
  return { ...rule, resources: (args) => [...rule.resources(args), ...boundCheckpoints(args[position])] }
}

function topicName(action: Action, stream: 'logs' | 'events'): MethodRule {
  return {
    kind: 'call',
    action,
    resources: (args) => [topicResource(stream, args[0])],
  }
}

/** The topics of one entry or many. */
function topicsOfEntries(stream: 'logs' | 'events'): MethodRule {
  return {
    kind: 'call',
    action: 'data.write',
    resources: ([input]) => {
      const inputs: readonly unknown[] = Array.isArray(input) && input.length > 0 ? input : [input]
      return [...new Set(inputs.map((one) => topicResource(stream, member(one, 'topic'))))]
    },
  }
}

function subscribed(): MethodRule {
  return { kind: 'call', action: 'data.read', resources: ([options]) => groupResources(options) }
}

function streamRules(stream: 'logs' | 'events'): MethodRules {
  return {
    append: topicsOfEntries(stream),
    get: { kind: 'entry', action: 'data.read', stream },
    has: { kind: 'entry', action: 'data.list', stream },
    prove: { kind: 'entry', action: 'data.read', stream },
    read: topicOption('data.read', stream, 0),
    search: topicOption('data.read', stream, 1),
    table: topicOption('data.read', stream, 1),
    tail: topicOption('data.read', stream, 0),
    topics: topicName('data.list', stream),
    importFrom: importing(stream),
    compact: on('maintenance.run', stream),
    coldBytes: on('stats.read', stream),
    verify: on('verify.run', stream),
    close: OWNER,
  }
}

function topicOperationRules(stream: 'logs' | 'events'): MethodRules {
  return {
    create: topicName('data.write', stream),
    describe: topicName('data.list', stream),
    update: topicName('settings.write', stream),
    remove: topicName('data.delete', stream),
    setRetention: topicName('settings.write', stream),
    retentionRules: on('data.list', `${stream}/**`),
    removeRetention: topicName('settings.write', stream),
    applyRetention: on('maintenance.run', stream),
    compactKeys: on('maintenance.run', stream),
  }
}

/** Faces by the property they have on `Forge`. */
export type FaceName =
  | 'forge'
  | 'logs'
  | 'events'
  | 'logs.topicOperations'
  | 'events.topicOperations'
  | 'events.groups'
  | 'events.checkpoints'
  | 'settings'
  | 'flags'
  | 'keys'
  | 'vault'
  | 'vault.leases'
  | 'audit'
  | 'access'
  | 'subjects'
  | 'compliance'
  | 'cache'
  | 'images'

/** What each method of each face needs. */
export const PERMISSIONS: Readonly<Record<FaceName, MethodRules>> = {
  forge: {
    health: on('stats.read', 'store'),
    metrics: on('stats.read', 'store'),
    metricsHistory: on('stats.read', 'store'),
    stats: on('stats.read', 'store'),
    verify: on('verify.run', 'store'),
    // A path of the host, as with images.
    checkpoint: OWNER,
    checkpoints: OWNER,
    forgetCheckpoint: OWNER,
    // An anchor is code and a place of the host.
    publishTo: OWNER,
    damagedRows: on('verify.run', 'store'),
    removeDamagedRow: OWNER,
    flush: on('maintenance.run', 'store'),
    transaction: { kind: 'face' },
    as: OWNER,
    authenticate: OWNER,
    close: OWNER,
  },
  logs: { ...streamRules('logs'), exportRaw: topicOption('data.read', 'logs', 0) },
  events: {
    ...streamRules('events'),
    read: readingEvents(0),
    search: readingEvents(1),
    table: readingEvents(1),
    tail: readingEvents(0),
    subscribe: subscribed(),
    topic: { kind: 'face' },
    exportCloudEvents: readingEvents(0),
    defineUpcast: on('settings.write', 'events'),
  },
  'logs.topicOperations': topicOperationRules('logs'),
  'events.topicOperations': topicOperationRules('events'),
  'events.groups': {
    create: { kind: 'call', action: 'data.read', resources: ([, options]) => groupResources(options) },
    get: on('data.list', 'events/**'),
    list: on('data.list', 'events/**'),
    remove: on('data.delete', 'events/**'),
    pause: on('data.read', 'events/**'),
    resume: on('data.read', 'events/**'),
    seek: {
      kind: 'call',
      action: 'data.read',
      resources: ([, to]) => ['events/**', ...checkpointOfBound(to)],
    },
    lag: on('data.list', 'events/**'),
    redrive: on('data.write', 'events/**'),
    subscribe: subscribed(),
    close: OWNER,
  },
  'events.checkpoints': {
    // A name is shared by all who read from it: who may write its topics may not move it for the others.
    set: {
      kind: 'call',
      action: 'data.write',
      resources: ([name, pattern]) => [topicResource('events', pattern), checkpointResource(name)],
    },
    get: checkpointName('data.list'),
    require: checkpointName('data.list'),
    list: on('data.list', 'checkpoints/**'),
    remove: checkpointName('data.write'),
  },
  settings: {
    get: named('settings.read', 'settings'),
    describe: named('settings.read', 'settings'),
    set: named('settings.write', 'settings'),
    delete: named('settings.write', 'settings'),
    list: on('settings.read', 'settings/**'),
  },
  flags: {
    set: named('settings.write', 'flags'),
    isEnabled: named('settings.read', 'flags'),
    list: on('settings.read', 'flags/**'),
  },
  keys: {
    status: on('keys.list', 'keys'),
    uses: on('keys.list', 'keys'),
    rotate: on('keys.rotate', 'keys'),
    reseal: on('keys.rotate', 'keys'),
    // It is given every secret of the store.
    rotateMaster: OWNER,
    // A way to open the store reads everything in it, which no role joins with the rotation of keys.
    addProvider: OWNER,
    removeProvider: on('keys.rotate', 'keys'),
    rewrap: OWNER,
    createShares: OWNER,
    destroy: on('keys.destroy', 'keys'),
    destroyUnused: on('keys.destroy', 'keys'),
  },
  vault: {
    get: named('vault.read', 'vault'),
    getMany: named('vault.read', 'vault'),
    set: named('vault.write', 'vault'),
    generate: named('vault.write', 'vault'),
    configure: named('vault.write', 'vault'),
    delete: named('vault.write', 'vault'),
    undelete: named('vault.write', 'vault'),
    destroy: named('vault.destroy', 'vault'),
    purge: named('vault.destroy', 'vault'),
    list: named('vault.list-metadata', 'vault'),
    info: named('vault.list-metadata', 'vault'),
    status: on('vault.list-metadata', 'vault'),
    seal: on('vault.seal', 'vault'),
    unseal: on('vault.seal', 'vault'),
    as: OWNER,
    close: OWNER,
  },
  'vault.leases': {
    create: named('vault.read', 'vault'),
    redeem: { kind: 'bearer' },
    revoke: on('vault.seal', 'vault'),
    list: on('vault.list-metadata', 'vault'),
  },
  audit: {
    leaf: on('audit.read', 'audit'),
    query: on('audit.read', 'audit'),
    indexFault: on('audit.read', 'audit'),
    lastCheckpoint: on('audit.read', 'audit'),
    newestNote: on('audit.read', 'audit'),
    caughtUp: on('audit.read', 'audit'),
    checkpoints: on('audit.read', 'audit'),
    checkpoint: on('audit.prove', 'audit'),
    prove: on('audit.prove', 'audit'),
    consistency: on('audit.prove', 'audit'),
    rootAt: on('audit.prove', 'audit'),
    receipt: on('audit.prove', 'audit'),
    tile: on('audit.export', 'audit'),
    exportTiles: on('audit.export', 'audit'),
    addCosignatures: on('audit.export', 'audit'),
    rotateKey: on('audit.rotate-key', 'audit'),
    useSigners: OWNER,
    prune: on('audit.prune', 'audit'),
    load: OWNER,
    observe: OWNER,
    reindex: on('maintenance.run', 'audit'),
    succeed: OWNER,
    refuseSigning: OWNER,
    settle: OWNER,
    start: OWNER,
    stop: OWNER,
    close: OWNER,
  },
  access: {
    list: on('grants.read', 'access'),
    check: on('grants.read', 'access'),
    tokens: on('grants.read', 'access'),
    grant: on('grants.write', 'access'),
    revoke: on('grants.write', 'access'),
    setRoles: on('grants.write', 'access'),
    // Whoever makes a token of a principal can act as that one.
    createToken: OWNER,
    revokeToken: on('grants.write', 'access'),
    pseudonym: on('grants.read', 'access'),
    checkPseudonym: OWNER,
    authorize: OWNER,
    forgetSetAside: OWNER,
    authenticate: OWNER,
    onChange: OWNER,
    close: OWNER,
  },
  subjects: {
    seal: on('subject.seal', 'subject'),
    open: on('subject.open', 'subject'),
    hold: on('subject.erase', 'subject'),
    release: on('subject.erase', 'subject'),
    erase: on('subject.erase', 'subject'),
  },
  compliance: {
    // Into a directory of the host.
    report: OWNER,
  },
  cache: {
    get: on('data.read', 'cache'),
    lookup: on('data.read', 'cache'),
    put: on('data.write', 'cache'),
    touchSession: on('data.write', 'cache'),
    checkFingerprint: on('maintenance.run', 'cache'),
    invalidateVault: on('maintenance.run', 'cache'),
    invalidateDirectory: on('maintenance.run', 'cache'),
    invalidateAll: on('maintenance.run', 'cache'),
    cleanup: on('maintenance.run', 'cache'),
    stats: on('stats.read', 'cache'),
    // Reads and writes at once, with a loader that runs as the store.
    getOrLoad: OWNER,
    empty: OWNER,
    close: OWNER,
  },
  // Paths are those of the host: a role of the store must not open whatever file the process may read.
  images: {
    vault: OWNER,
    digests: OWNER,
    zones: OWNER,
    territory: OWNER,
    list: OWNER,
    file: OWNER,
    verify: OWNER,
    invalidate: OWNER,
  },
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

function checkpointName(action: Action): MethodRule {
  return { kind: 'call', action, resources: ([name]) => [checkpointResource(name)] }
}
