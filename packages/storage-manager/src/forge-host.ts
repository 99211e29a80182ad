import type { Host, LocalStore } from '@forgeone/engine'
import type { AuditSource } from './audit/audit-source.ts'
import type { ToldShredKeys } from './keys/told-shred-keys.ts'

/** What the facilities of this package are given beside what all are. */
export interface ForgeHost extends Host {
  readonly store: LocalStore
  readonly auditSource: AuditSource
  readonly toldShredKeys: ToldShredKeys
  readonly directory: string
  readonly acceptRestoredKeyring: { readonly reason: string } | undefined
}
