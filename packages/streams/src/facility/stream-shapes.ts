import {
  VALUE,
  VALUE_METHOD,
  valueMethods,
  type Conversion,
  type MethodShape,
  type ObjectShape,
} from '@forgeone/common'
import { CROSSING_RECEIPT } from '../append/receipt.ts'
import { CROSSING_EVENT } from '../entry/event-record.ts'
import { CROSSING_LOG } from '../entry/log-record.ts'

/** How what streams take and give crosses to another process. */
const GIVES_RECEIPT: MethodShape = { gives: { kind: 'value', convert: CROSSING_RECEIPT } }

/** A whole run that tells of its progress and can be ended. */
const RUN: MethodShape = {
  gives: VALUE,
  callbacks: { '0.onProgress': { gives: 'nothing' } },
  signalAt: 0,
}

const IMPORT: MethodShape = {
  gives: VALUE,
  // A source that can be opened anew, instead of the bytes themselves.
  callbacks: { '0': { gives: 'stream' }, '1.onProgress': { gives: 'nothing' } },
  signalAt: 1,
}

/** Results of `read`, and of searches, which also say what they looked through. */
function resultsOf(convert: Conversion | undefined, figures: readonly string[] = []): MethodShape {
  return { gives: { kind: 'stream', pages: 'batches', whole: 'toArray', figures, convert } }
}

const TABLE: MethodShape = resultsOf(undefined, ['explain'])

const GENERATOR: MethodShape = { gives: { kind: 'stream', isGenerator: true } }

function sharedShapes(entry: Conversion): Readonly<Record<SharedName, MethodShape>> {
  return {
    append: GIVES_RECEIPT,
    get: { gives: { kind: 'value', convert: entry } },
    read: resultsOf(entry),
    search: resultsOf(entry, ['explain']),
    table: TABLE,
    tail: { gives: { kind: 'stream', convert: entry }, signalAt: 0 },
    importFrom: IMPORT,
    compact: RUN,
    verify: { gives: VALUE, callbacks: { '0': { gives: 'nothing' } } },
  }
}

type SharedName =
  | 'append'
  | 'get'
  | 'read'
  | 'search'
  | 'table'
  | 'tail'
  | 'importFrom'
  | 'compact'
  | 'verify'

export const LOG_SHAPES: Readonly<Record<SharedName | 'exportRaw', MethodShape>> = {
  ...sharedShapes(CROSSING_LOG),
  exportRaw: GENERATOR,
}

export const DELIVERY_SHAPE: ObjectShape = {
  kind: 'object',
  methods: { ...valueMethods('nack', 'extend', 'deadLetter'), ack: GIVES_RECEIPT },
  properties: ['entry', 'attempt', 'position', 'isOpen'],
  changing: ['isOpen'],
  converts: { entry: CROSSING_EVENT },
  releasedBy: ['ack', 'nack', 'deadLetter'],
  // Whoever took it is gone: it goes back at once, not after its time.
  whenLost: 'nack',
}

const SUBSCRIPTION: ObjectShape = {
  kind: 'object',
  methods: {
    ...valueMethods('done', 'close'),
    ackAll: VALUE_METHOD,
    nextBatch: { gives: { kind: 'list', of: DELIVERY_SHAPE } },
  },
  asked: ['ready'],
  properties: ['maxInFlight'],
  iterates: { method: 'nextBatch', args: [1] },
  releasedBy: ['close'],
  whenLost: 'close',
  whenClosing: 'close',
}

export const SUBSCRIBE: MethodShape = {
  gives: SUBSCRIPTION,
  callbacks: {
    '1': { gets: [DELIVERY_SHAPE], gives: 'value' },
    '0.handlerBatch': { gets: [{ kind: 'list', of: DELIVERY_SHAPE }], gives: 'value' },
  },
}

export const EVENT_SHAPES: Readonly<Record<SharedName | 'exportCloudEvents' | 'subscribe', MethodShape>> = {
  ...sharedShapes(CROSSING_EVENT),
  exportCloudEvents: GENERATOR,
  subscribe: SUBSCRIBE,
}

export const TOPIC_OPERATION_SHAPES: Readonly<Record<'applyRetention' | 'compactKeys', MethodShape>> = {
  applyRetention: { gives: VALUE, signalAt: 0 },
  compactKeys: { gives: VALUE, signalAt: 1 },
}
