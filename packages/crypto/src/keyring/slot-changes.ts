import { ForgeError } from '@forgeone/common'
import type { KeyProvider } from '../provider/key-provider.ts'
import { KdfWork } from '../kdf/work-bound.ts'
import { SLOTS_MAX } from './keyring-document.ts'
import type { KeyringParts } from './keyring-parts.ts'
import { createSlot, slotInfo, type SlotInfo } from './slot.ts'

/**
 * Adds a way to the master key; the data is untouched.
 * @throws STORE_OPTION_INVALID at `SLOTS_MAX` and for a provider without a secret, KDF_TOO_COSTLY when all slots together
 *   would be, IO_FAILED, and what it throws
 */
export async function addSlot(parts: KeyringParts, provider: KeyProvider): Promise<SlotInfo> {
  const { writer, clock, random } = parts
  const { slots } = writer.document
  if (provider.kind === 'open') {
    throw new ForgeError('STORE_OPTION_INVALID', 'an encrypted store cannot have a slot without a secret')
  }
  if (slots.length >= SLOTS_MAX) {
    throw new ForgeError('STORE_OPTION_INVALID', `a keyring has at most ${SLOTS_MAX} slots; remove one first`)
  }
  const id = Math.max(...slots.map((slot) => slot.id)) + 1
  const { storeId } = writer.master
  const slot = await writer.master.withRoot((master) =>
    createSlot({ id, provider, storeId, master, created: clock.now(), random }),
  )
  // Refused now, or at every later opening.
  new KdfWork().admit([...slots, slot].map(({ kdf }) => kdf))
  await writer.update((document) => ({ ...document, slots: [...document.slots, slot] }))
  return slotInfo(slot)
}

/**
 * Takes a way to the master key out. Whoever knew its secret and has an old copy of the keyring still knows the master
 * key: rotate it too.
 * @throws KEY_SLOT_UNKNOWN, KEY_SLOT_LAST, IO_FAILED
 */
export async function removeSlot({ writer }: KeyringParts, id: number): Promise<void> {
  const { slots } = writer.document
  const slot = slots.find((each) => each.id === id)
  if (slot === undefined) throw new ForgeError('KEY_SLOT_UNKNOWN', `the keyring has no slot ${id}`)
  if (slots.length === 1) {
    throw new ForgeError('KEY_SLOT_LAST', `slot ${id} is the only way to open the store; add another first`)
  }
  await writer.update((document) => ({
    ...document,
    slots: document.slots.filter((each) => each.id !== id),
  }))
}
