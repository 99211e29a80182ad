import type { JsonObject } from '@forgeone/common'
import type { SecretMetadata, SecretVersion } from './secret-metadata.ts'

export type VersionState = 'readable' | 'deleted' | 'expired' | 'destroyed'

/** A version as it is shown: never its value or key. */
export interface VersionInfo {
  readonly version: number
  readonly state: VersionState
  readonly created: number
  readonly by: string
  readonly expires: number | undefined
}

/** A secret as it is shown: never a value. */
export interface SecretInfo {
  readonly path: string
  readonly current: number
  readonly kept: number
  readonly casRequired: boolean
  readonly custom: Readonly<Record<string, string>>
  readonly versions: readonly VersionInfo[]
}

export function secretInfo(metadata: SecretMetadata, now: number): SecretInfo {
  const { path, current, kept, casRequired, custom, versions } = metadata
  return {
    path,
    current,
    kept,
    casRequired,
    custom: { ...custom },
    versions: versions.map((each) => versionInfo(each, now)),
  }
}

function versionInfo(each: SecretVersion, now: number): VersionInfo {
  const { version, created, by, expires } = each
  return { version, state: stateOf(each, now), created, by, expires }
}

function stateOf({ destroyed, deleted, expires }: SecretVersion, now: number): VersionState {
  if (destroyed !== undefined) return 'destroyed'
  if (deleted !== undefined) return 'deleted'
  return expires !== undefined && expires <= now ? 'expired' : 'readable'
}

/** What a leaf tells of a reading. */
export function readFacts(found: SecretVersion | undefined): JsonObject {
  if (found === undefined) return { outcome: 'absent' }
  return { outcome: found.ref === undefined ? 'destroyed' : 'read', version: found.version }
}
