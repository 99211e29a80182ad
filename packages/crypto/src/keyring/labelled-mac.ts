import { createHmac } from 'node:crypto'
import { utf8Encode } from '@forgeone/common'
import { deriveKey } from '../hash/hkdf.ts'

/** HMAC-SHA256 under a key of one kind of file: HKDF `file-mac`, `lp(label)`. `key` is borrowed. */
export function labelledMac(o: {
  readonly key: Uint8Array
  readonly storeId: Uint8Array
  readonly label: string
  readonly bytes: Uint8Array
}): Uint8Array {
  const { key: root, storeId, label, bytes } = o
  const key = deriveKey({ key: root, storeId, purpose: 'file-mac', context: [utf8Encode(label)] })
  try {
    return new Uint8Array(createHmac('sha256', key).update(bytes).digest())
  } finally {
    key.fill(0)
  }
}
