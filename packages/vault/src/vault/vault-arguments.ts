// What the methods of a vault are given, checked before anything is done with it. Numbers are those that a row may hold.

import {
  copyBytes,
  ForgeError,
  isBytes,
  readArgument,
  refuseOtherMembers,
  utf8Encode,
} from '@forgeone/common'
import type { KeyProvider } from '@forgeone/crypto'
import { checkSecretPath } from '../path/secret-path.ts'
import { checkCustom, VERSIONS_KEPT_MAX } from '../secret/secret-metadata.ts'
import type { SetSecretOptions } from '../secret/version-changes.ts'
import { PATHS_PER_READ_MAX, SECRET_BYTES_MAX } from './vault-options.ts'

/** A hundred years: whatever the clock says, the end of a version is a whole number of milliseconds. */
export const TTL_MS_MAX: number = 36_525 * 86_400_000

export interface MetadataPatch {
  readonly kept?: number | undefined
  readonly casRequired?: boolean | undefined
  /** Replaces all pairs. */
  readonly custom?: Readonly<Record<string, string>> | undefined
}

/** A value as bytes of our own: who waits for nothing may wipe his at once. @throws VAULT_LIMIT */
export function secretBytes(value: unknown): Uint8Array {
  return readArgument('VAULT_LIMIT', () => {
    const isText = typeof value === 'string'
    if (!isText && !isBytes(value)) throw invalid('the value of a secret is bytes or text')
    // Text is measured before it is worked over: it takes at least a byte for each of its units.
    if (value.length > SECRET_BYTES_MAX) throw tooLarge(value.length)
    if (isText && !value.isWellFormed()) throw invalid('the text of a secret holds half a character')
    const bytes = isText ? utf8Encode(value) : copyBytes(value)
    if (bytes.length > SECRET_BYTES_MAX) throw tooLarge(bytes.length)
    return bytes
  })
}

/** @throws VAULT_LIMIT */
export function checkSetOptions(options: unknown, others: readonly string[] = []): SetSecretOptions {
  refuseOthers(options, ['cas', 'ttlMs', ...others])
  return readArgument('VAULT_LIMIT', () => {
    const { cas, ttlMs } = membersOf(options)
    if (cas !== undefined && !isCount(cas)) throw invalid('cas is the number of a version, or 0 for none')
    if (ttlMs !== undefined && !(isCount(ttlMs) && ttlMs >= 1 && ttlMs <= TTL_MS_MAX)) {
      throw invalid(`ttlMs is a whole number of milliseconds, 1 to ${TTL_MS_MAX}`)
    }
    return { cas, ttlMs }
  })
}

/** @throws VAULT_LIMIT */
export function checkPatch(patch: unknown): MetadataPatch {
  refuseOthers(patch, ['kept', 'casRequired', 'custom'])
  return readArgument('VAULT_LIMIT', () => {
    const { kept, casRequired, custom } = membersOf(patch)
    if (kept !== undefined && !(isCount(kept) && kept >= 1 && kept <= VERSIONS_KEPT_MAX)) {
      throw invalid(`a secret keeps 1 to ${VERSIONS_KEPT_MAX} versions`)
    }
    if (casRequired !== undefined && typeof casRequired !== 'boolean')
      throw invalid('casRequired is true or false')
    return { kept, casRequired, custom: custom === undefined ? undefined : checkCustom(custom) }
  })
}

/** @throws VAULT_LIMIT */
export function checkVersion(version: unknown): number | undefined {
  if (version === undefined) return undefined
  if (isCount(version) && version >= 1) return version
  throw invalid('a version is a whole number from 1')
}

/** @throws VAULT_LIMIT */
export function checkVersions(versions: unknown): readonly number[] | undefined {
  return readArgument('VAULT_LIMIT', () => {
    if (versions === undefined) return undefined
    if (!Array.isArray(versions) || versions.length > VERSIONS_KEPT_MAX)
      throw invalid('versions are a list of numbers')
    return Array.from(versions, (version: unknown) => {
      const checked = checkVersion(version)
      if (checked !== undefined) return checked
      throw invalid('versions are a list of numbers')
    })
  })
}

/** @throws VAULT_LIMIT, VAULT_PATH_INVALID */
export function checkPaths(paths: unknown): readonly string[] {
  return readArgument('VAULT_LIMIT', () => {
    if (!Array.isArray(paths) || paths.length > PATHS_PER_READ_MAX) {
      throw invalid(`one reading has a list of at most ${PATHS_PER_READ_MAX} paths`)
    }
    // All of them before any is looked for, so that a refusal leaves nothing under way.
    return Array.from(paths, (path: unknown) => checkSecretPath(path))
  })
}

/** @throws VAULT_LIMIT */
export function checkVaultProvider(provider: unknown): KeyProvider {
  return readArgument('VAULT_LIMIT', () => {
    const { kind, enrol, unlock } = membersOf(provider)
    if (typeof kind === 'string' && typeof enrol === 'function' && typeof unlock === 'function') {
      // What a provider is, as far as can be seen.
      return provider as KeyProvider
    }
    throw invalid('a vault is unsealed with a key provider')
  })
}

/** The one member of an options object. @throws VAULT_LIMIT */
export function memberOf(options: unknown, name: string): unknown {
  refuseOthers(options, [name])
  return readArgument('VAULT_LIMIT', () => membersOf(options)[name])
}

/** Members of an options object; none of nothing. @throws VAULT_LIMIT */
export function membersOf(options: unknown): Readonly<Record<string, unknown>> {
  if (options === undefined) return {}
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) {
    // Read by name only.
    return options as Readonly<Record<string, unknown>>
  }
  throw invalid('options are an object')
}

/** @throws VAULT_LIMIT for a member of another name */
export function refuseOthers(options: unknown, names: readonly string[]): void {
  refuseOtherMembers(options, { code: 'VAULT_LIMIT', names })
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function tooLarge(length: number): ForgeError {
  return invalid(`a secret has at most ${SECRET_BYTES_MAX} bytes, this one ${length} or more`)
}

export function invalid(reason: string): ForgeError {
  return new ForgeError('VAULT_LIMIT', reason)
}
