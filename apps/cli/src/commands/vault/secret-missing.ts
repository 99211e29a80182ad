import { ForgeError } from '@forgeone/common'

/** For a path that gives no value: absent, deleted and expired look alike. */
export function secretMissing(path: string): ForgeError {
  return new ForgeError('VAULT_UNKNOWN', `there is no readable secret at ${path}`)
}
