import { ForgeError } from '@forgeone/common'

const SCALAR_BYTES = 8

/** Bytes of a value whose size can be seen. @throws CACHE_CONFIG_INVALID for others */
export function valueBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length * 2
    case 'number':
    case 'boolean':
    case 'undefined':
      return SCALAR_BYTES
    default:
      if (ArrayBuffer.isView(value)) return value.byteLength
      throw new ForgeError('CACHE_CONFIG_INVALID', 'the size of a value is unknown', {
        hint: 'Give the cache the option weigh, or each entry its bytes.',
        details: { option: 'weigh' },
      })
  }
}
