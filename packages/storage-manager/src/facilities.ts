import type { AuditLog } from '@forgeone/audit'
import type { Background, Facility, FacilityPlan } from '@forgeone/engine'
import type { ImageCatalogue } from '@forgeone/images'
import {
  BLOCK_CACHE_BYTES_DEFAULT,
  BlockCache,
  eventsFacility,
  logsFacility,
  type EventStream,
  type LogStream,
} from '@forgeone/streams'
import { vaultFacility, type Vault } from '@forgeone/vault'
import type { AccessControl } from './access/access-control.ts'
import { accessFacility } from './access/access-facility.ts'
import { auditFacility } from './audit/audit-facility.ts'
import { backgroundFacility } from './background/background-facility.ts'
import { cacheFacility } from './cache/cache-facility.ts'
import type { ForgeCache } from './cache/forge-cache.ts'
import { complianceFacility } from './compliance/compliance-facility.ts'
import type { Compliance } from './compliance/compliance.ts'
import type { ForgeHost } from './forge-host.ts'
import { imagesFacility } from './images/images-facility.ts'
import type { ForgeKeys } from './keys/forge-keys.ts'
import { keysFacility } from './keys/keys-facility.ts'
import type { ForgeOptions } from './manager/forge-options.ts'
import { FORGE_PLAN } from './manager/forge-plan.ts'
import type { FeatureFlags } from './settings/feature-flags.ts'
import { flagsFacility, settingsFacility } from './settings/settings-facility.ts'
import type { Settings } from './settings/settings.ts'
import { subjectsFacility } from './subjects/subjects-facility.ts'
import type { Subjects } from './subjects/subjects.ts'

const MIB = 1024 * 1024

/** What stands on a store, as it is used. */
export interface ForgeFaces {
  /** Data keys, and the ways to unlock the store. */
  readonly keys: ForgeKeys
  /** The Merkle log over all commits. Throws `DATABASE_OFFLINE` while its database is set aside. */
  readonly audit: AuditLog
  /** Secrets with versions, each under a key of its own. */
  readonly vault: Vault
  /** Log entries by topic: append-only and searchable. */
  readonly logs: LogStream
  /** Events by topic, with consumer groups. */
  readonly events: EventStream
  /** Who may do what. */
  readonly access: AccessControl
  /** Named JSON values. */
  readonly settings: Settings
  /** Switches that can be turned while the application runs. */
  readonly flags: FeatureFlags
  /** Values that are sealed for one person or thing, and erased with its key. */
  readonly subjects: Subjects
  /** Metadata of disk images and sessions: sealed, opened at first use, and disposable. */
  readonly cache: ForgeCache
  /** Disk images, read through `cache`. */
  readonly images: ImageCatalogue
  /** Evidence for an assessment. */
  readonly compliance: Compliance
  /** What the store does by itself: retention, rotation of keys by their policy, samples of metrics. */
  readonly background: Background
}

/** Facilities by the name of their face. */
export type Facilities = { readonly [Name in keyof ForgeFaces]: Facility<ForgeFaces[Name], ForgeHost> }

/** The list: they are opened in this order and closed in reverse, and everything else about them is derived from it. */
export function facilitiesOf(
  options: Pick<ForgeOptions, 'cacheMb' | 'compaction' | 'vaultAutoLockMs'>,
): Facilities {
  const { cacheMb, compaction, vaultAutoLockMs } = options
  const cache = new BlockCache(cacheMb === undefined ? BLOCK_CACHE_BYTES_DEFAULT : cacheMb * MIB)
  return {
    keys: keysFacility,
    audit: auditFacility,
    vault: vaultFacility({ autoLockMs: vaultAutoLockMs }),
    logs: logsFacility({ cache, compaction }),
    events: eventsFacility({ cache, compaction }),
    access: accessFacility,
    settings: settingsFacility,
    flags: flagsFacility,
    subjects: subjectsFacility,
    cache: cacheFacility,
    images: imagesFacility,
    compliance: complianceFacility,
    // Behind all others: it runs their jobs, and ends before them.
    background: backgroundFacility,
  }
}

/** What the store itself and its facilities have planned, before anything is open. */
export function plansOf(
  facilities: Readonly<Record<string, FacilityPlan<object>>>,
): readonly FacilityPlan<object>[] {
  return [FORGE_PLAN, ...Object.values(facilities)]
}
