// Arguments that are accepted by the faces that `good-arguments.ts` has not.

import type { GoodArguments } from '../good-arguments.ts'

const HOST = { skip: 'called by the store alone' } as const
const ENDS = { skip: 'ends it' } as const

/** An iterable that can be read again and again. */
function chunks(text: string): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(Buffer.from(text))
    },
  }
}

const READ = { topic: 'a.>', from: 0, to: 9e12, limit: 3, direction: 'forward' }
const ID = '018f0000-0000-7000-8000-000000000000'
const MARKS = { timestamp: 1, metadata: { a: { b: [1] } }, id: 'an-id', checkpointMarker: 'm' }
const POSITION = { commitSequence: 1, shard: 0, sequence: 0 }

const STREAM = {
  get: [ID],
  has: [ID],
  prove: [ID],
  read: [READ],
  search: ['word | limit 2', READ],
  table: ['word | stats by topic count() as n', READ],
  tail: [{ topic: 'a.>', from: { position: POSITION } }],
  topics: ['a.*'],
  compact: [{ level: 'fast' }],
  coldBytes: [],
  verify: [],
  close: ENDS,
}

const TOPIC_OPERATIONS = {
  create: [
    'made.x',
    { retention: { maxAgeMs: 1e9, maxBytes: 1e9, maxCount: 100 }, compactBy: '/metadata/k' },
  ],
  describe: ['a.b'],
  update: ['a.b', { retention: { maxCount: 1000 }, legalHold: false }],
  remove: ['made.x'],
  setRetention: ['made.>', { maxAgeMs: 1e9, maxBytes: 1e9, maxCount: 100 }],
  retentionRules: [],
  removeRetention: ['made.>'],
  applyRetention: [{ dryRun: true }],
  compactKeys: ['a.b', { dryRun: true }],
}

const GROUP = { topics: ['a.>'], from: 'start', order: 'log', ackTimeoutMs: 60_000, maxDeliveries: 5 }
const SUBSCRIPTION = { group: 'g', ...GROUP, backoffMs: 1000, maxInFlight: 10, batch: 2, concurrency: 1 }
const FILE = { vaultId: 'v', zoneIndex: 0, path: 'p' }
const SESSION = { sessionId: 's', currentVaultId: 'v', currentPath: 'p', createdAt: 1, lastAccessed: 1 }
const LISTING = {
  vaultId: 'v',
  zoneIndex: 0,
  path: 'p',
  occupants: [{ name: 'n', isDirectory: false, size: 1, attributes: 0 }],
  cachedAt: 1,
}

/** Of a topic with a schema that takes everything. */
const SCHEMA = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }

export const STREAM_ARGUMENTS: GoodArguments = {
  logs: {
    ...STREAM,
    append: [
      [{ topic: 'a.b', message: 'word', severity: 'info', ...MARKS }],
      { expectedVersion: 'exists', idempotencyKey: 'k' },
    ],
    importFrom: [
      chunks('one\ntwo\n'),
      { topic: 'a.imported', source: 's', format: 'plain', defaultTimestamp: 1, zone: 'UTC', year: 2024 },
    ],
    exportRaw: [READ],
  },
  events: {
    ...STREAM,
    append: [
      [{ topic: 'a.b', payload: { x: [1] }, priority: 'high', ...MARKS }],
      { expectedVersion: 'exists', idempotencyKey: 'k', deliverAfterMs: 1 },
    ],
    importFrom: [
      chunks('{"topic":"a.b","payload":1}\n'),
      { format: 'jsonl', topic: 'a.imported', source: 's' },
    ],
    exportCloudEvents: [READ],
    topic: ['a.b', SCHEMA],
    subscribe: [SUBSCRIPTION, () => undefined],
    defineUpcast: [{ topic: 'upcast.x', from: 1, to: 2, apply: (payload: unknown) => payload }],
  },
  'logs.topicOperations': TOPIC_OPERATIONS,
  'events.topicOperations': TOPIC_OPERATIONS,
  'events.groups': {
    create: ['g2', { ...GROUP, backoffMs: 1000 }],
    get: ['g'],
    list: [],
    remove: ['g2'],
    pause: ['g'],
    resume: ['g'],
    seek: ['g', { position: POSITION }],
    lag: ['g'],
    redrive: ['g', { limit: 3 }],
    subscribe: [SUBSCRIPTION, () => undefined],
    close: ENDS,
  },
  'events.checkpoints': { set: ['c', 'a.>'], get: ['c'], require: ['c'], list: [], remove: ['c'] },
  audit: {
    leaf: [0],
    query: [{ who: 'x', act: 'events.*', resource: 'events', outcome: 'ok', from: 0, to: 9e12, limit: 3 }],
    indexFault: [],
    lastCheckpoint: [],
    newestNote: [],
    caughtUp: [],
    checkpoints: [1],
    checkpoint: [],
    prove: [0, 1],
    consistency: [0, 1],
    rootAt: [1],
    receipt: [0, { entry: { row: 'x' } }],
    tile: ['tile/0/000'],
    exportTiles: [{ write: () => Promise.resolve() }, { entries: 'none' }],
    addCosignatures: [{ checkpoint: 'x', lines: ['y'] }],
    rotateKey: [],
    prune: [{ minIndex: 0 }],
    reindex: [],
    useSigners: HOST,
    load: HOST,
    observe: HOST,
    succeed: HOST,
    refuseSigning: HOST,
    settle: HOST,
    start: HOST,
    stop: HOST,
    close: ENDS,
  },
  cache: {
    get: ['directories', FILE],
    lookup: ['files', FILE],
    put: ['directories', LISTING],
    touchSession: ['s'],
    checkFingerprint: ['v', new Uint8Array(8)],
    invalidateVault: ['v'],
    invalidateDirectory: [FILE, { recursive: true }],
    invalidateAll: [{ sessions: true, background: false }],
    cleanup: [],
    stats: [],
    getOrLoad: ['sessions', { vaultId: 's' }, () => Promise.resolve(SESSION)],
    empty: [],
    close: ENDS,
  },
}
