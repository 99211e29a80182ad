import type { SealedOperation } from '@forgeone/common'

/** A leaf names this many keys at most, the lowest ids: one for each database a store can have, and room. */
export const KEY_IDS_MAX = 64

/** Sealed values of version 1 carry their key id; those of version 2 a shred key's reference, which no leaf may name. */
const VERSION_WITH_KEY_ID = 1
/** `version u8 | suite u8 | key id u32`. */
const HEADER_BYTES = 6

/** Ids of the keys that sealed the values of a commit: ascending, each once. */
export function keyIdsOf(operations: readonly SealedOperation[]): readonly number[] {
  const ids: number[] = []
  let last = -1
  for (const operation of operations) {
    if (operation.type !== 'put') continue
    const { sealed } = operation
    if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION_WITH_KEY_ID) continue
    const id = ((sealed[2]! << 24) | (sealed[3]! << 16) | (sealed[4]! << 8) | sealed[5]!) >>> 0
    // Neighbours are nearly always of one database, and so of one key.
    if (id === last) continue
    last = id
    if (!ids.includes(id)) ids.push(id)
  }
  return ids.length < 2 ? ids : ids.sort((left, right) => left - right).slice(0, KEY_IDS_MAX)
}
