import { ForgeError } from '@forgeone/common'
import { INDEX_SCOPE } from './keyring-document.ts'

const SCOPE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** True for names a scope may have: up to 64 of `a-z 0-9 . _ -`, starting with a letter or digit. */
export function isScopeName(name: string): boolean {
  return SCOPE_NAME.test(name)
}

/** @throws STORE_OPTION_INVALID for a name no data key may have */
export function checkDataScope(name: string): void {
  if (isScopeName(name) && name !== INDEX_SCOPE) return
  throw new ForgeError('STORE_OPTION_INVALID', `${JSON.stringify(name)} cannot be the scope of a data key`)
}
