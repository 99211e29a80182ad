import type { ConnectedForge } from '@forgeone/storage-manager'

/** Whether another process has the store open. */
export function isConnected(forge: ConnectedForge): boolean {
  return 'closed' in forge
}
