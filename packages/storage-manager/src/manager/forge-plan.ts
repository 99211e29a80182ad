import {
  actCount,
  actText,
  onResources,
  OWNER_RULE,
  UNWATCHED,
  type FacilityPlan,
  type MethodRule,
} from '@forgeone/engine'
import { z } from 'zod'
import { ANCHOR_KEYSPACE, decodeAnchorRow } from '../audit/anchor-memory.ts'
import {
  CHECKPOINT_KEYSPACE,
  decodeCheckpoint,
  decodeRetired,
  RETIRED_KEYSPACE,
} from '../checkpoint/checkpoint-register.ts'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
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
  | 'transaction'
  | 'as'
  | 'authenticate'
  | 'close'

/** What they need. */
export const FORGE_RULES: Readonly<Record<ForgeMethod, MethodRule>> = {
  health: onResources('stats.read', 'store'),
  metrics: onResources('stats.read', 'store'),
  metricsHistory: onResources('stats.read', 'store'),
  stats: onResources('stats.read', 'store'),
  verify: onResources('verify.run', 'store'),
  // A path of the host, as with images.
  checkpoint: OWNER_RULE,
  checkpoints: OWNER_RULE,
  forgetCheckpoint: OWNER_RULE,
  // An anchor is code and a place of the host.
  publishTo: OWNER_RULE,
  damagedRows: onResources('verify.run', 'store'),
  removeDamagedRow: OWNER_RULE,
  flush: onResources('maintenance.run', 'store'),
  transaction: { kind: 'face' },
  as: OWNER_RULE,
  authenticate: OWNER_RULE,
  close: OWNER_RULE,
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
