import { INDEX_SCOPE, type KeyringDocument } from './keyring-document.ts'

/** When the master key was made, ms since 1970: the first one together with the index key, which is never replaced. */
export function masterCreatedMs({ master, keys }: Pick<KeyringDocument, 'master' | 'keys'>): number {
  return master.created ?? keys.find(({ scope }) => scope === INDEX_SCOPE)!.created
}
