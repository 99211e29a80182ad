import type { Random } from '@forgeone/common'
import type { KeyringDocument } from './keyring-document.ts'

/** A random id that is not zero and never occurred in this keyring: a store and its restored copy must not collide. */
export function freshKeyId(
  document: Pick<KeyringDocument, 'master' | 'keys'> & Partial<Pick<KeyringDocument, 'shred'>>,
  more: readonly { readonly id: number }[],
  random: Random,
): number {
  const taken = new Set(
    [document.master, ...document.keys, ...(document.shred ?? []), ...more].map(({ id }) => id),
  )
  for (;;) {
    const bytes = random.bytes(4)
    const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    if (id !== 0 && !taken.has(id)) return id
  }
}
