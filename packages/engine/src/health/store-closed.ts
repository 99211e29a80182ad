import { ForgeError } from '@forgeone/common'

export function storeClosed(): ForgeError {
  return new ForgeError('STORE_CLOSED', 'the store is closed')
}
