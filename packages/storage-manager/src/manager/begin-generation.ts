import { SIGNING_SCOPE } from '@forgeone/crypto'
import type { LocalStore } from '@forgeone/engine'

/**
 * Puts in force what a commit has told of: the key of a generation, alone, and then its name, from the next opening on.
 * Safe to repeat after a crash anywhere in it.
 * @throws IO_FAILED
 */
export async function beginGeneration(store: LocalStore, generation: string): Promise<void> {
  const { keyring } = store.keys
  // What waits is the key of this generation: one that a rotation left was taken up for it.
  const waits = keyring.list().some(({ scope, state }) => scope === SIGNING_SCOPE && state === 'pending')
  if (waits) await keyring.replaceSigner()
  await store.beginGeneration(generation)
}
