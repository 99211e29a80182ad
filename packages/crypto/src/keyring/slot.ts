import { ForgeError, isForgeError, type Random } from '@forgeone/common'
import { describeRecipe, parseRecipe } from '../kdf/recipe.ts'
import { enrolWith, unlockWith } from '../provider/call-provider.ts'
import type { KeyProvider, SlotParameters } from '../provider/key-provider.ts'
import { commitmentOf, fitsCommitment } from './commitment.ts'
import type { KeyringDocument, SlotRecord } from './keyring-document.ts'
import { WrappingKey, WRAP_SUITE_ID } from '../sealing/wrapping.ts'

/** The readable part of a slot. */
export interface SlotInfo {
  readonly id: number
  readonly kind: SlotRecord['kind']
  /** Recipe without its salt. */
  readonly kdf: string
  readonly createdMs: number
}

/** Makes a slot that wraps the master key. `master` is borrowed. */
export async function createSlot(o: {
  readonly id: number
  readonly provider: KeyProvider
  readonly storeId: Uint8Array
  readonly master: Uint8Array
  readonly created: number
  readonly random: Random
}): Promise<SlotRecord> {
  const { id, created, random } = o
  const { kind, kdf, key } = await enrolWith(o.provider, random)
  try {
    const commit = commitmentOf({ key, kind: 'slot', id, suite: WRAP_SUITE_ID })
    const wrapping = new WrappingKey({ root: key, storeId: o.storeId, kind: 'slot', id })
    return { id, kind, kdf, commit, wrapped: wrapping.wrap({ id, key: o.master, random }), created }
  } finally {
    key.fill(0)
  }
}

/** Gives the key of a slot, or undefined for another form of secret; the caller wipes it. */
export type UnlockSlot = (slot: SlotParameters) => Promise<Uint8Array | undefined>

/**
 * Finds the slot the secret fits and unwraps the master key, which the caller wipes.
 * @throws KEY_SECRET_MISSING, KEY_SECRET_WRONG when no commitment fits, KEYRING_DAMAGED when one fits but the wrapped
 * key does not open, KDF_TOO_WEAK, KDF_TOO_COSTLY
 */
export async function unlockMaster(o: {
  readonly document: KeyringDocument
  readonly storeId: Uint8Array
  readonly kind: KeyProvider['kind']
  readonly unlock: UnlockSlot
}): Promise<{ readonly root: Uint8Array; readonly slot: number }> {
  let refused: ForgeError | undefined
  // One after the other: a derivation takes tens of megabytes, and the first slot usually fits.
  for (const slot of o.document.slots) {
    try {
      const key = await o.unlock(slot)
      if (key === undefined) continue
      const master = openSlot({ slot, key, storeId: o.storeId, document: o.document })
      if (master !== undefined) return { root: master, slot: slot.id }
    } catch (error) {
      // A recipe out of bounds rules out its own slot only.
      if (!isForgeError(error, 'KDF_TOO_WEAK', 'KDF_TOO_COSTLY')) throw error
      refused = error
    }
  }
  if (refused !== undefined) throw refused
  if (o.kind === 'open')
    throw new ForgeError('KEY_SECRET_MISSING', 'the store is encrypted and needs its secret')
  throw new ForgeError('KEY_SECRET_WRONG', `no slot of the keyring opens with this ${o.kind} secret`)
}

/** Gives the key that fits a slot, or undefined; the caller wipes it. */
export type SlotOpener = (slot: SlotRecord) => Promise<Uint8Array | undefined>

/** An opener that tries each provider in turn. */
export function slotOpener(providers: readonly KeyProvider[]): SlotOpener {
  return async (slot) => {
    for (const provider of providers) {
      // One after the other: a derivation takes tens of megabytes.
      const key = await unlockWith(provider, slot)
      if (key === undefined) continue
      if (fitsCommitment({ key, kind: 'slot', id: slot.id, suite: WRAP_SUITE_ID }, slot.commit)) return key
      key.fill(0)
    }
    return undefined
  }
}

function openSlot(o: {
  slot: SlotRecord
  key: Uint8Array
  storeId: Uint8Array
  document: KeyringDocument
}): Uint8Array | undefined {
  const { slot, key, storeId } = o
  const { id, commit, wrapped } = slot
  try {
    if (!fitsCommitment({ key, kind: 'slot', id, suite: WRAP_SUITE_ID }, commit)) return undefined
    const master = new WrappingKey({ root: key, storeId, kind: 'slot', id }).unwrap({ id, wrapped })
    const { id: masterId, commit: masterCommit } = o.document.master
    const fits =
      master !== undefined &&
      fitsCommitment({ key: master, kind: 'master', id: masterId, suite: WRAP_SUITE_ID }, masterCommit)
    if (!fits) throw new ForgeError('KEYRING_DAMAGED', 'the secret is right but the master key does not open')
    return master
  } finally {
    key.fill(0)
  }
}

/** The readable part of a slot record. */
export function slotInfo({ id, kind, kdf, created }: SlotRecord): SlotInfo {
  return { id, kind, kdf: describeRecipe(parseRecipe(kdf)), createdMs: created }
}
