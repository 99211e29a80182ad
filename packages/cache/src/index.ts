export { MemoryCache } from './memory/memory-cache.ts'
export {
  ENTRY_OVERHEAD_BYTES,
  MEMORY_ENTRIES_MAX,
  type MemoryCacheOptions,
} from './memory/memory-cache-options.ts'
export type { MemoryCacheStats } from './memory/memory-cache-stats.ts'
export type { Lookup, SetOptions } from './memory/set-options.ts'
export type { GetOrLoadOptions, LoadContext, Loader } from './memory/entry-loads.ts'
export type { DisposeReason, OnDispose } from './memory/disposals.ts'
export { FLIGHTS_MAX } from './memory/flights.ts'
export { bytesPacking, textPacking, type Packing } from './memory/packing.ts'
export { POLICIES, type PolicyName } from './policy/policy-table.ts'
export type { Policy, PolicyFactory, PolicyHost, PolicySettings } from './policy/policy.ts'
export { CACHE_CHANNEL, type CacheEvent } from './platform/cache-events.ts'
