export { Vault, type SecretChange } from './vault/vault.ts'
export { TTL_MS_MAX, type MetadataPatch } from './vault/vault-arguments.ts'
export { vaultFacility } from './facility/vault-facility.ts'
export { SECRETS_MAX, type SetSecretOptions } from './secret/version-changes.ts'
export {
  AUTO_LOCK_MS,
  PATHS_PER_READ_MAX,
  SECRET_BYTES_MAX,
  type LeaseUse,
  type VaultOptions,
} from './vault/vault-options.ts'
export { SecretValue } from './secret/secret-value.ts'
export type { SecretInfo, VersionInfo, VersionState } from './secret/secret-info.ts'
export { VERSIONS_KEPT_DEFAULT, VERSIONS_KEPT_MAX } from './secret/secret-metadata.ts'
export type { GeneratedKind } from './secret/generate-secret.ts'
export { LEASE_MS_MAX, LEASES_MAX } from './lease/lease-table.ts'
export { PATH_BYTES_MAX, PATH_SEGMENTS_MAX, pathMatcher } from './path/secret-path.ts'
export type { EnvironmentEntry } from './environment/environment-entry.ts'
export { formatEnvironment } from './environment/format-environment.ts'
export { parseEnvironment } from './environment/parse-environment.ts'
export {
  exportEnvironment,
  importEnvironment,
  readEnvironment,
  type EnvironmentOptions,
  type ExportedEnvironment,
} from './environment/vault-environment.ts'
export type { LeaseInfo, VaultLeases } from './vault/vault-leases.ts'
