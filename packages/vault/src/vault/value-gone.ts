import { ForgeError } from '@forgeone/common'
import type { SecretMetadata } from '../secret/secret-metadata.ts'

/**
 * A value that is not there although the commit of the reading found its version: one that was dropped or destroyed behind that
 * commit reads as if that had come first.
 * @throws VAULT_VERSION_DESTROYED, RECORD_TAMPERED
 */
export function valueGone(metadata: SecretMetadata | undefined, version: number): undefined {
  const now = metadata?.versions.find((each) => each.version === version)
  if (now === undefined) return undefined
  if (now.ref === undefined) throw versionDestroyed(version)
  throw new ForgeError('RECORD_TAMPERED', `the value of version ${version} of a secret is missing`)
}

export function versionDestroyed(version: number): ForgeError {
  return new ForgeError('VAULT_VERSION_DESTROYED', `version ${version} of the secret was destroyed`)
}
