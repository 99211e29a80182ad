import { ForgeError } from '@forgeone/common'
import { ENTRY_OVERHEAD_BYTES } from './memory-cache-options.ts'
import { Packed } from './packing.ts'
import { valueBytes } from './value-bytes.ts'

/** A key that is no text takes a word or two. */
const OTHER_KEY_BYTES = 16

function keyBytes(key: unknown): number {
  return typeof key === 'string' ? key.length * 2 : OTHER_KEY_BYTES
}

/** @throws CACHE_CONFIG_INVALID when a size function gives no size */
function checkedBytes(bytes: number): number {
  if (bytes >= 0 && bytes < Infinity) return Math.ceil(bytes)
  throw new ForgeError('CACHE_CONFIG_INVALID', `${bytes} is no size of a value`, {
    details: { option: 'weigh' },
  })
}

/** What an entry counts for: key, value as it is kept, and what the cache itself takes. */
export function entryBytes<K, V>(o: {
  readonly key: K
  readonly value: V | Packed | undefined
  readonly bytes: number | undefined
  readonly weigh: ((value: V, key: K) => number) | undefined
}): number {
  const { key, value, bytes, weigh } = o
  const overhead = keyBytes(key) + ENTRY_OVERHEAD_BYTES
  if (value instanceof Packed) return overhead + value.bytes.length
  if (bytes !== undefined) return overhead + checkedBytes(bytes)
  const isWeighed = weigh !== undefined && value !== undefined
  return overhead + (isWeighed ? checkedBytes(weigh(value, key)) : valueBytes(value))
}
