import { ByteWriter, equalBytes } from '@forgeone/common'
import { createKeyedBlake3 } from '../hash/blake3.ts'
import { HEADER_BYTES, type Suite } from './suite.ts'

const TAG_BYTES = 32

/** Suite 0x00: the value in clear behind a keyed tag. Detects accidents and moved values, hides nothing. */
export const none: Suite = {
  id: 0x00,
  name: 'none',
  nonceBytes: 0,
  tagBytes: TAG_BYTES,
  sealsMax: undefined,
  createKey: async (key) => {
    const blake3 = await createKeyedBlake3(key)
    const length = new ByteWriter(16)
    // Tag over lp(aad) | value: the length keeps the border between the two unambiguous.
    const tagOf = (aad: Uint8Array, value: Uint8Array): Uint8Array =>
      blake3.digest(length.reset().u32(aad.length).view(), aad, value)
    return {
      seal: ({ aad, plain, out }) => {
        out.set(plain, HEADER_BYTES)
        out.set(tagOf(aad, plain), HEADER_BYTES + plain.length)
      },
      open: ({ aad, sealed }) => {
        const end = sealed.length - TAG_BYTES
        const value = sealed.subarray(HEADER_BYTES, end)
        // Variable time is fine: this key lies in clear beside the data.
        return equalBytes(tagOf(aad, value), sealed.subarray(end)) ? Uint8Array.from(value) : undefined
      },
      wipe: () => blake3.wipe(),
    }
  },
}
