import { ForgeError } from '@forgeone/common'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { commitmentOf } from './commitment.ts'
import { isSealing, keyInfo, loadDataKey, loadDataKeyNow, withUnwrapped, type KeyInfo } from './data-key.ts'
import { freshKeyId } from './key-id.ts'
import type { KeyRecord, KeyringDocument, ShredRecord } from './keyring-document.ts'
import type { KeyringParts } from './keyring-parts.ts'
import { MasterKey } from './master-key.ts'
import { nextRecord, pendingIn, pendingKey } from './pending-key.ts'
import { withUnwrappedBucket } from './shred-bucket.ts'
import { signingKeys } from './signing-keys.ts'
import type { SlotOpener } from './slot.ts'
import { WrappingKey, WRAP_SUITE_ID } from '../sealing/wrapping.ts'

/**
 * Makes a new key the primary one of a scope; the old one opens what it sealed. The new key is durable as `pending`
 * before it is promoted, and a rotation that a crash cut short is finished by the next one.
 * @throws CRYPTO_KEY_UNKNOWN, STORE_OPTION_INVALID for the index key, IO_FAILED
 */
export async function rotateDataKey(parts: KeyringParts, scope: string): Promise<KeyInfo> {
  const { writer, table } = parts
  const record = await pendingKey(parts, scope)
  const promoted: KeyRecord = { ...record, state: 'primary' }
  const { master } = writer
  // Loaded before anything changes: a key that does not open must not become the one that seals.
  const loaded = isSealing(record)
    ? await loadDataKey({ record: promoted, master, reservations: writer, sealsMax: parts.sealsMax })
    : undefined
  await writer.update((document) => withPrimary(document, promoted))
  // A seal that could not wait may have put it in force meanwhile, and counts already.
  if (loaded !== undefined && !table.isPrimary(record)) table.add(loaded)
  return keyInfo(promoted)
}

/**
 * The same within one turn, when the primary key has made all seals it may: a seal cannot wait.
 * @throws CRYPTO_KEY_EXHAUSTED when the keyring is full, IO_FAILED
 */
export function rotateDataKeyNow(parts: KeyringParts, scope: string): void {
  const { writer, table, sealsMax } = parts
  const pending = pendingIn(writer.document, scope)
  const record: KeyRecord = { ...(pending ?? nextRecord(parts, scope)), state: 'primary' }
  const loaded = loadDataKeyNow({ record, master: writer.master, reservations: writer, sealsMax })
  writer.updateNow((document) => withPrimary(document, record))
  table.add(loaded)
}

/**
 * Puts a new master key over everything: each slot wraps it anew, as do all other keys, in one replacement of the file.
 * @param open gives the key of a slot; the master key is only as new as the slots that know it, so each must open
 * @throws KEY_PROVIDER_FAILED naming the slots that no given provider opens, IO_FAILED
 */
export async function rotateMasterKey(parts: KeyringParts, open: SlotOpener): Promise<void> {
  const { writer, clock, random } = parts
  const old = writer.master
  const { storeId } = old
  const root = random.bytes(KEY_BYTES)
  try {
    const id = freshKeyId(writer.document, [], random)
    const master = new MasterKey({ root, id, storeId })
    const wrappedFor = new Map<number, string>()
    for (const slot of writer.document.slots) {
      // One after the other: a derivation takes tens of megabytes.
      const key = await open(slot)
      if (key === undefined) throw unopened(slot.id, slot.kind)
      const wrapping = new WrappingKey({ root: key, storeId, kind: 'slot', id: slot.id })
      wrappedFor.set(slot.id, wrapping.wrap({ id: slot.id, key: root, random }))
      key.fill(0)
    }
    const commit = commitmentOf({ key: root, kind: 'master', id, suite: WRAP_SUITE_ID })
    const record = { id, commit, created: clock.now() }
    const rewrapped = (document: KeyringDocument): KeyringDocument => ({
      ...document,
      slots: document.slots.map((slot) => ({ ...slot, wrapped: wrappedFor.get(slot.id)! })),
      keys: document.keys.map((key) => rewrapKey(key, { from: old, to: master, parts })),
      shred: document.shred.map((bucket) => rewrapBucket(bucket, { from: old, to: master, parts })),
      master: record,
    })
    await writer.update(rewrapped, { master }).catch((error: unknown) => {
      master.lock()
      throw error
    })
    old.lock()
  } finally {
    root.fill(0)
  }
}

/** What a scan of everything stored found of one key. */
export interface KeyUses {
  readonly keyId: number
  /** Values still sealed under it, by place. */
  readonly uses: ReadonlyMap<string, number>
}

/**
 * Forgets a key for good. Its id, dates and commitment stay.
 * @throws KEY_IN_USE when anything is sealed under it or it still seals or signs, KEY_UNKNOWN, IO_FAILED
 */
export async function destroyDataKey(parts: KeyringParts, { keyId, uses }: KeyUses): Promise<void> {
  const { writer, table, clock } = parts
  const record = writer.document.keys.find((key) => key.id === keyId)
  if (record === undefined) throw new ForgeError('KEY_UNKNOWN', `the keyring has no key ${keyId}`)
  if (record.state === 'destroyed') return
  const used = [...uses].filter(([, count]) => count > 0)
  const signs = signingKeys(writer.document, clock.now()).some(({ id }) => id === keyId)
  if (record.state !== 'decrypt-only' || used.length > 0 || signs) {
    const places = used.map(([place, count]) => `${place}: ${count}`).join(', ')
    const reason =
      record.state !== 'decrypt-only'
        ? `it is ${record.state}`
        : signs
          ? 'it signs beside the key that replaced it'
          : `values are sealed under it (${places})`
    throw new ForgeError('KEY_IN_USE', `key ${keyId} of ${record.scope} cannot be destroyed: ${reason}`, {
      details: { keyId, uses: used.reduce((sum, [, count]) => sum + count, 0) },
    })
  }
  // Both files: `replace` settles only then.
  await writer.update((document) => ({
    ...document,
    keys: document.keys.map((key) => (key.id === keyId ? { ...key, state: 'destroyed', wrapped: '' } : key)),
  }))
  table.destroy(keyId)
}

/** The document with `record` as the one that seals for its scope. */
function withPrimary(document: KeyringDocument, record: KeyRecord): KeyringDocument {
  const others = document.keys
    .filter((key) => key.id !== record.id)
    .map((key): KeyRecord =>
      key.scope === record.scope && key.state === 'primary' ? { ...key, state: 'decrypt-only' } : key,
    )
  return { ...document, keys: [...others, record] }
}

interface Rewrap {
  readonly from: MasterKey
  readonly to: MasterKey
  readonly parts: KeyringParts
}

function rewrapKey(record: KeyRecord, { from, to, parts }: Rewrap): KeyRecord {
  if (record.state === 'destroyed') return record
  const { id } = record
  const wrapped = withUnwrapped(record, from, (key) => to.wrapping.wrap({ id, key, random: parts.random }))
  return { ...record, wrapped }
}

function rewrapBucket(record: ShredRecord, { from, to, parts }: Rewrap): ShredRecord {
  const { id } = record
  const wrapped = withUnwrappedBucket(record, from, (key) =>
    to.wrapping.wrap({ id, key, random: parts.random }),
  )
  return { ...record, wrapped }
}

function unopened(id: number, kind: string): ForgeError {
  return new ForgeError(
    'KEY_PROVIDER_FAILED',
    `slot ${id} (${kind}) opens with none of the given secrets; give its secret too, or remove the slot first`,
    { details: { slot: id } },
  )
}
