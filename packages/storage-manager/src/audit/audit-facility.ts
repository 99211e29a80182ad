import type { AuditLog, TileTarget } from '@forgeone/audit'
import { ForgeError, VALUE, type MethodShape } from '@forgeone/common'
import { actCount, actText, HERE_RULE, onResources, type CallRule, type Facility } from '@forgeone/engine'
import { z } from 'zod'
import { AUDIT_DATABASE } from '../layout/database-names.ts'
import type { ForgeHost } from '../forge-host.ts'

const HOUR_MS = 3_600_000

const READ: CallRule = onResources('audit.read', 'audit')
const PROVE: CallRule = onResources('audit.prove', 'audit')
const EXPORT: CallRule = onResources('audit.export', 'audit')

const GENERATOR: MethodShape = { gives: { kind: 'stream', isGenerator: true } }

/** Files are written where the target is. */
const TAKES_TARGET: MethodShape = {
  gives: VALUE,
  takes: {
    0: {
      give: (target: TileTarget) => ({
        write: async (path: string, bytes: Uint8Array) => await target.write(path, bytes),
      }),
      take: (target: TileTarget) => target,
    },
  },
  callbacks: { '0.write': { gives: 'value' }, '1.onProgress': { gives: 'nothing' } },
}

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
    properties: ['size', 'origin', 'verifierKeys', 'endedOrigins', 'minimumIndex'],
    methods: {
      leaf: READ,
      query: { ...READ, crosses: GENERATOR },
      indexFault: READ,
      lastCheckpoint: READ,
      newestNote: READ,
      caughtUp: READ,
      checkpoints: { ...READ, crosses: GENERATOR },
      checkpoint: PROVE,
      prove: PROVE,
      consistency: PROVE,
      rootAt: PROVE,
      receipt: PROVE,
      tile: EXPORT,
      exportTiles: { ...EXPORT, crosses: TAKES_TARGET },
      addCosignatures: EXPORT,
      rotateKey: onResources('audit.rotate-key', 'audit'),
      useSigners: HERE_RULE,
      prune: onResources('audit.prune', 'audit'),
      load: HERE_RULE,
      observe: HERE_RULE,
      reindex: onResources('maintenance.run', 'audit'),
      succeed: HERE_RULE,
      refuseSigning: HERE_RULE,
      settle: HERE_RULE,
      start: HERE_RULE,
      stop: HERE_RULE,
      close: HERE_RULE,
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
