import { ForgeError } from '@forgeone/common'
import { SIGNING_SCOPE } from './data-key.ts'
import type { KeyRecord, KeyringDocument } from './keyring-document.ts'
import type { KeyringParts } from './keyring-parts.ts'
import { pendingKey } from './pending-key.ts'

/** How long a signing key signs beside the one that replaced it: so long verifiers have to learn of the new one. */
export const SIGNING_OVERLAP_MS: number = 30 * 86_400_000

/** Keys that sign side by side: a note has 16 signatures, and most are for witnesses. */
const SIGNING_KEYS_MAX = 4

/** Keys that sign at a time, the newest first. */
export function signingKeys({ keys }: KeyringDocument, now: number): readonly KeyRecord[] {
  return keys
    .filter((record) => isSigning(record) && now < signsUntil(record, keys))
    .toSorted((left, right) => right.epoch - left.epoch)
}

/** Keys whose time beside their successor is over. */
export function retiredSigningKeys({ keys }: KeyringDocument, now: number): readonly KeyRecord[] {
  return keys.filter((record) => isSigning(record) && now >= signsUntil(record, keys))
}

/**
 * The key that the next rotation puts in force, durable and not used before. One that was left by a rotation cut short is
 * taken again, and counts as made now: its age is how long it has signed.
 * @param o.alone it is to replace all others, however many there are
 * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, IO_FAILED
 */
export async function nextSigningKey(
  parts: KeyringParts,
  { alone = false }: { readonly alone?: boolean | undefined } = {},
): Promise<KeyRecord> {
  const { writer, clock } = parts
  if (!alone && signingKeys(writer.document, clock.now()).length >= SIGNING_KEYS_MAX) {
    throw new ForgeError(
      'CRYPTO_KEY_EXHAUSTED',
      `${SIGNING_KEYS_MAX} keys sign side by side already; each does so for 30 days after it was replaced`,
    )
  }
  const left = writer.document.keys.find((key) => key.scope === SIGNING_SCOPE && key.state === 'pending')
  if (left === undefined) return await pendingKey(parts, SIGNING_SCOPE)
  const record = { ...left, created: clock.now() }
  await writer.update((document) => ({
    ...document,
    keys: document.keys.map((key) => (key.id === record.id ? record : key)),
  }))
  return record
}

/**
 * Puts the next key in force and destroys those before, in one write: a log that begins under another name has nothing to
 * sign with them.
 * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, IO_FAILED
 */
export async function replaceSigningKey(parts: KeyringParts): Promise<KeyRecord> {
  const { writer } = parts
  const record: KeyRecord = { ...(await pendingKey(parts, SIGNING_SCOPE)), state: 'primary' }
  const replaced = (key: KeyRecord): KeyRecord => {
    if (key.id === record.id) return record
    return isSigning(key) ? { ...key, state: 'destroyed', wrapped: '' } : key
  }
  await writer.update((document) => ({ ...document, keys: document.keys.map(replaced) }))
  return record
}

function isSigning({ scope, state }: KeyRecord): boolean {
  return scope === SIGNING_SCOPE && (state === 'primary' || state === 'decrypt-only')
}

/** Forever, for the key that none has replaced. */
function signsUntil({ epoch }: KeyRecord, keys: readonly KeyRecord[]): number {
  const successors = keys.filter(
    (key) => key.scope === SIGNING_SCOPE && key.state !== 'pending' && key.epoch > epoch,
  )
  return Math.min(...successors.map(({ created }) => created + SIGNING_OVERLAP_MS))
}
