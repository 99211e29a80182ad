import {
  actCount,
  actText,
  onResources,
  HERE_RULE,
  OWNER_RULE,
  UNWATCHED,
  type FacilityPlan,
  type MethodRule,
} from '@forgeone/engine'
import { VALUE } from '@forgeone/common'
import { z } from 'zod'
import { TAKES_PATH } from '../arguments/crossing-path.ts'
import { RUN } from '../arguments/long-work.ts'
import { ANCHOR_KEYSPACE, decodeAnchorRow } from '../audit/anchor-memory.ts'
import {
  CHECKPOINT_KEYSPACE,
  decodeCheckpoint,
  decodeRetired,
  RETIRED_KEYSPACE,
} from '../checkpoint/checkpoint-register.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { TRANSACTION_SHAPE } from '../transaction/transaction-shape.ts'
import { decodeSample, METRICS_KEYSPACE } from '../statistics/metrics-history.ts'

const rows = z.strictObject({ sequence: actCount, scopes: actCount, digest: actText })

/** The methods of `Forge` itself. */
type ForgeMethod =
  | 'health'
  | 'metrics'
  | 'metricsHistory'
  | 'stats'
  | 'verify'
  | 'checkpoint'
  | 'checkpoints'
  | 'forgetCheckpoint'
  | 'publishTo'
  | 'damagedRows'
  | 'removeDamagedRow'
  | 'flush'
  | 'connections'
  | 'transaction'
  | 'as'
  | 'authenticate'
  | 'close'

/** Those of the process that has the store open: they take or give code, or end what others use. */
type MethodHere = 'publishTo' | 'as' | 'authenticate' | 'close'

/** What they need. */
export const FORGE_RULES: Readonly<
  Record<Exclude<ForgeMethod, MethodHere>, MethodRule> & Record<MethodHere, typeof HERE_RULE>
> = {
  health: onResources('stats.read', 'store'),
  metrics: onResources('stats.read', 'store'),
  metricsHistory: onResources('stats.read', 'store'),
  stats: onResources('stats.read', 'store'),
  verify: { ...onResources('verify.run', 'store'), crosses: RUN },
  // A path of the host, as with images.
  checkpoint: { ...OWNER_RULE, crosses: { gives: VALUE, takes: TAKES_PATH } },
  checkpoints: OWNER_RULE,
  forgetCheckpoint: OWNER_RULE,
  // An anchor is code and a place of the host.
  publishTo: HERE_RULE,
  damagedRows: onResources('verify.run', 'store'),
  removeDamagedRow: OWNER_RULE,
  flush: onResources('maintenance.run', 'store'),
  connections: onResources('stats.read', 'store'),
  transaction: { kind: 'face', crosses: TRANSACTION_SHAPE },
  as: HERE_RULE,
  authenticate: HERE_RULE,
  close: HERE_RULE,
}

/** What the store itself keeps, tells and offers, beside what stands on it. */
export const FORGE_PLAN: FacilityPlan<object> = {
  name: 'forge',
  databases: () => [
    {
      name: SYSTEM_DATABASE,
      keyspaces: [
        { byte: CHECKPOINT_KEYSPACE, check: decodeCheckpoint },
        { byte: RETIRED_KEYSPACE, check: decodeRetired },
        { byte: ANCHOR_KEYSPACE, check: decodeAnchorRow },
        { byte: METRICS_KEYSPACE, part: UNWATCHED, check: ({ value }) => decodeSample(value) },
      ],
    },
  ],
  acts: {
    'metrics.recorded': null,
    'store.created': z.strictObject({ suite: actText }),
    'store.closed': rows.optional(),
    'store.flushed': rows,
    'store.described': rows,
    'store.row-removed': z.strictObject({ database: actText }),
    'store.checkpointed': z.strictObject({ id: actText }),
    'store.checkpoint-taken': z.strictObject({ id: actText, sequence: actCount }),
    'store.checkpoint-forgotten': z.strictObject({ id: actText }),
    'store.connection-refused': z.strictObject({ via: z.enum(['secret', 'token']), code: actText }),
    'store.unlogged': null,
    'store.verified': z.strictObject({
      outcome: z.enum(['ok', 'failed']),
      checked: actCount,
      problems: actCount,
    }),
    'store.restored': z.strictObject({
      accepted: z.array(actText),
      entries: z.strictObject({ events: actCount, logs: actCount }).optional(),
      from: z.strictObject({ id: actText, sequence: actCount }).optional(),
      before: z.strictObject({ origin: actText, size: actCount, root: actText }),
      key: actText,
      origin: actText,
      reason: actText,
      revision: actCount,
    }),
  },
  rules: { methods: FORGE_RULES },
}
