import type { AuditLog } from '@forgeone/audit'
import { ForgeError } from '@forgeone/common'
import { actCount, actText, onResources, OWNER_RULE, type CallRule, type Facility } from '@forgeone/engine'
import { z } from 'zod'
import { AUDIT_DATABASE } from '../layout/database-names.ts'
import type { ForgeHost } from '../forge-host.ts'

const HOUR_MS = 3_600_000

const READ: CallRule = onResources('audit.read', 'audit')
const PROVE: CallRule = onResources('audit.prove', 'audit')
const EXPORT: CallRule = onResources('audit.export', 'audit')

/** The log is opened with the store, as its observer; here it gets a face. */
export const auditFacility: Facility<AuditLog, ForgeHost> = {
  name: 'audit',
  databases: () => [{ name: AUDIT_DATABASE }],
  acts: {
    'audit.anchored': z.strictObject({ kind: actText }),
    'audit.exported': z.strictObject({ entries: actText }),
    'audit.key-changed': z.strictObject({ from: actText, to: actText }),
    'audit.pruned': z.strictObject({ from: actCount, to: actCount }),
  },
  rules: {
    methods: {
      leaf: READ,
      query: READ,
      indexFault: READ,
      lastCheckpoint: READ,
      newestNote: READ,
      caughtUp: READ,
      checkpoints: READ,
      checkpoint: PROVE,
      prove: PROVE,
      consistency: PROVE,
      rootAt: PROVE,
      receipt: PROVE,
      tile: EXPORT,
      exportTiles: EXPORT,
      addCosignatures: EXPORT,
      rotateKey: onResources('audit.rotate-key', 'audit'),
      useSigners: OWNER_RULE,
      prune: onResources('audit.prune', 'audit'),
      load: OWNER_RULE,
      observe: OWNER_RULE,
      reindex: onResources('maintenance.run', 'audit'),
      succeed: OWNER_RULE,
      refuseSigning: OWNER_RULE,
      settle: OWNER_RULE,
      start: OWNER_RULE,
      stop: OWNER_RULE,
      close: OWNER_RULE,
    },
  },
  open: ({ auditSource }) =>
    Promise.resolve({
      get face(): AuditLog {
        const { log } = auditSource
        if (log !== undefined) return log
        throw new ForgeError('DATABASE_OFFLINE', 'the audit database is offline')
      },
      jobs: [
        {
          name: 'retirement of signing keys',
          everyMs: HOUR_MS,
          run: async () => await auditSource.retireKeys(),
        },
      ],
    }),
}
