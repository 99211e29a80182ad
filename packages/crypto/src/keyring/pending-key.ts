import { ForgeError } from '@forgeone/common'
import { suiteById } from '../suite/suite-table.ts'
import { createKeyRecord } from './data-key.ts'
import { freshKeyId } from './key-id.ts'
import { INDEX_SCOPE, KEYS_MAX, type KeyRecord, type KeyringDocument } from './keyring-document.ts'
import type { KeyringParts } from './keyring-parts.ts'

/**
 * The key that comes next in a scope, durable as `pending`; the one that is there already, when one is.
 * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, STORE_OPTION_INVALID for the index key, IO_FAILED
 */
export async function pendingKey(parts: KeyringParts, scope: string): Promise<KeyRecord> {
  const { writer } = parts
  const left = pendingIn(writer.document, scope)
  if (left !== undefined) return left
  await writer.update((document) => ({ ...document, keys: [...document.keys, nextRecord(parts, scope)] }))
  return pendingIn(writer.document, scope)!
}

/** The key of a scope that waits to be put in force. */
export function pendingIn({ keys }: KeyringDocument, scope: string): KeyRecord | undefined {
  return keys.find((key) => key.scope === scope && key.state === 'pending')
}

/** The record of the key that comes next in a scope; it is in no keyring yet. @throws as `pendingKey`, except IO_FAILED */
export function nextRecord(parts: KeyringParts, scope: string): KeyRecord {
  const { writer, clock, random } = parts
  const { keys } = writer.document
  const epochs = keys.filter((key) => key.scope === scope)
  const current = epochs.find((key) => key.state === 'primary')
  if (scope === INDEX_SCOPE) {
    throw new ForgeError(
      'STORE_OPTION_INVALID',
      'the index key is not rotated: every keyed hash in the store depends on it',
    )
  }
  if (current === undefined) {
    throw new ForgeError('CRYPTO_KEY_UNKNOWN', `the keyring has no key for ${scope}`, { details: { scope } })
  }
  if (keys.length >= KEYS_MAX) {
    throw new ForgeError('CRYPTO_KEY_EXHAUSTED', `the keyring already holds ${KEYS_MAX} keys`)
  }
  return createKeyRecord({
    id: freshKeyId(writer.document, [], random),
    scope,
    epoch: Math.max(...epochs.map((key) => key.epoch)) + 1,
    state: 'pending',
    suite: suiteById(current.suite)!,
    master: writer.master,
    created: clock.now(),
    random,
  })
}
