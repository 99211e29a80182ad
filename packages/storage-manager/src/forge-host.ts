import type { Host, Job, ManagedStore } from '@forgeone/engine'
import type { AuditSource } from './audit/audit-source.ts'
import type { KeyPolicy } from './keys/key-policy-options.ts'
import type { ToldShredKeys } from './keys/told-shred-keys.ts'
import type { MetricsHistory } from './statistics/metrics-history.ts'

/** What the facilities of this package are given beside what all are. */
export interface ForgeHost extends Host {
  readonly store: ManagedStore
  readonly auditSource: AuditSource
  readonly toldShredKeys: ToldShredKeys
  readonly directory: string
  readonly keyPolicy: KeyPolicy
  readonly metricsHistory: MetricsHistory
  /** Of the facilities that were opened before. */
  jobs(): readonly Job[]
  readonly acceptRestoredKeyring: { readonly reason: string } | undefined
}
