import type { AuditLog } from '@forgeone/audit'
import type { MetricReading } from '@forgeone/common'
import type { HealthReport, ImageResult, Store, VerifyOptions } from '@forgeone/engine'
import type { ImageCatalogue } from '@forgeone/images'
import type { EventStream, LogStream } from '@forgeone/streams'
import type { Vault } from '@forgeone/vault'
import type { ForgeCache } from '../cache/forge-cache.ts'
import type { CheckpointInfo } from '../checkpoint/checkpoint-register.ts'
import type { Compliance } from '../compliance/compliance.ts'
import type { ForgeKeys } from '../keys/forge-keys.ts'
import type { DamagedRow } from '../manager/damaged-rows.ts'
import type { ForgeVerifyReport } from '../manager/verify-forge.ts'
import type { FeatureFlags } from '../settings/feature-flags.ts'
import type { Settings } from '../settings/settings.ts'
import type { ForgeStatistics } from '../statistics/forge-statistics.ts'
import type { MetricsSample } from '../statistics/metrics-history.ts'
import { runTransaction } from '../transaction/run-transaction.ts'
import type { Transaction, TransactionResult } from '../transaction/transaction.ts'
import type { Subjects } from '../subjects/subjects.ts'
import type { AccessControl } from './access-control.ts'
import { Guard } from './guard.ts'
import { PERMISSIONS } from './permissions.ts'

/** What a principal has of a store: the faces and methods of `Forge`, each asked about before it runs. */
export interface ForgeHandle {
  readonly logs: LogStream
  readonly events: EventStream
  readonly settings: Settings
  readonly flags: FeatureFlags
  readonly keys: ForgeKeys
  readonly vault: Vault
  readonly audit: AuditLog
  readonly access: AccessControl
  readonly subjects: Subjects
  readonly compliance: Compliance
  readonly cache: ForgeCache
  readonly images: ImageCatalogue
  health(): HealthReport
  metrics(): ReadonlyMap<string, MetricReading>
  metricsHistory(): Promise<readonly MetricsSample[]>
  stats(): ForgeStatistics
  verify(options?: VerifyOptions): Promise<ForgeVerifyReport>
  damagedRows(): Promise<readonly DamagedRow[]>
  checkpoint(directory: string): Promise<ImageResult>
  checkpoints(): Promise<readonly CheckpointInfo[]>
  forgetCheckpoint(id: string): Promise<boolean>
  flush(): Promise<void>
  transaction(callback: (transaction: Transaction) => void | Promise<void>): Promise<TransactionResult>
}

export interface ActAsOptions {
  readonly principal: string
  readonly access: AccessControl
  readonly assertLive: () => void
  readonly jointly: Store['jointly']
}

/** The handle of a principal. It holds the store in closures only: no property leads to it. */
export function forgeAs(
  forge: ForgeHandle,
  { principal, access, assertLive, jointly }: ActAsOptions,
): ForgeHandle {
  const guard = new Guard({ access, principal, assertLive })
  const { logs, events } = forge
  // A version of a secret says who set it, beside the leaf.
  const vault = forge.vault.as(access.pseudonym(principal))
  const faces = {
    logs: guard.face(logs, PERMISSIONS.logs, {
      topicOperations: guard.face(logs.topicOperations, PERMISSIONS['logs.topicOperations']),
    }),
    events: guard.face(events, PERMISSIONS.events, {
      topicOperations: guard.face(events.topicOperations, PERMISSIONS['events.topicOperations']),
      groups: guard.face(events.groups, PERMISSIONS['events.groups']),
      checkpoints: guard.face(events.checkpoints, PERMISSIONS['events.checkpoints']),
    }),
    settings: guard.face(forge.settings, PERMISSIONS.settings),
    flags: guard.face(forge.flags, PERMISSIONS.flags),
    keys: guard.face(forge.keys, PERMISSIONS.keys),
    vault: guard.face(vault, PERMISSIONS.vault, {
      leases: guard.face(vault.leases, PERMISSIONS['vault.leases']),
    }),
    audit: guard.face(auditOf(forge), PERMISSIONS.audit),
    access: guard.face(access, PERMISSIONS.access),
    subjects: guard.face(forge.subjects, PERMISSIONS.subjects),
    compliance: guard.face(forge.compliance, PERMISSIONS.compliance),
    cache: guard.face(forge.cache, PERMISSIONS.cache),
    images: guard.face(forge.images, PERMISSIONS.images),
  }
  // Each of its calls is one of the faces', and asked about there.
  const transaction: ForgeHandle['transaction'] = async (callback) => {
    assertLive()
    return await runTransaction({ jointly, faces }, callback)
  }
  return guard.face<ForgeHandle>(forge, PERMISSIONS.forge, { ...faces, transaction })
}

/** The log, or, while its database is set aside, an object each of whose methods says so once it is allowed. */
function auditOf(forge: ForgeHandle): AuditLog {
  try {
    return forge.audit
  } catch (error) {
    const refuse = (): never => {
      throw error
    }
    const names = Object.keys(PERMISSIONS.audit)
    // Only its methods are looked at, by their names.
    return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as AuditLog
  }
}
