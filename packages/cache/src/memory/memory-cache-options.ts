import { ForgeError, systemClock, type Clock, type Random } from '@forgeone/common'
import { platformRandom } from '../platform/platform-random.ts'
import type { PolicyFactory } from '../policy/policy.ts'
import { POLICIES, type PolicyName } from '../policy/policy-table.ts'
import type { OnDispose } from './disposals.ts'
import type { Packing } from './packing.ts'

/** Slots are 32-bit integers in typed arrays; beyond this a cache wants to be a database. */
export const MEMORY_ENTRIES_MAX: number = 16 * 1024 * 1024
/** What an entry takes besides its key and value: map, slot arrays, links, sketch; measured by `bench cache-hit`. */
export const ENTRY_OVERHEAD_BYTES: number = 100
/** One entry may take so much of the whole, or a few large ones would empty the cache. */
const ENTRY_SHARE_MAX = 1 / 8
const JITTER_DEFAULT = 0.1
const NEGATIVE_TTL_MS_DEFAULT = 60_000

/** What a {@link MemoryCache} is made with. At least one of `maxEntries` and `maxBytes` is needed. */
export interface MemoryCacheOptions<K, V> {
  readonly maxEntries?: number | undefined
  /** Bound on keys, values and {@link ENTRY_OVERHEAD_BYTES} for each entry. */
  readonly maxBytes?: number | undefined
  /** Entries above this are refused; by default an eighth of `maxBytes`. */
  readonly maxEntryBytes?: number | undefined
  /** `w-tinylfu` unless named. */
  readonly policy?: PolicyName | PolicyFactory | undefined
  /** Bytes of a value. Needed with `maxBytes` unless values are texts, byte strings, numbers or booleans. */
  readonly weigh?: ((value: V, key: K) => number) | undefined
  readonly ttlMs?: number | undefined
  /** For so long after its end an old value may be handed out while a refresh runs. */
  readonly graceMs?: number | undefined
  /** How long it is remembered that there is no value; one minute unless given. */
  readonly negativeTtlMs?: number | undefined
  /** Share by which times to live vary, so that entries made together do not end together; 0.1 unless given. */
  readonly jitter?: number | undefined
  /** Hits start the time to live anew. */
  readonly renewOnHit?: boolean | undefined
  readonly onDispose?: OnDispose<K, V> | undefined
  readonly packing?: Packing<V> | undefined
  /** How often a timer drops expired entries of a cache that nobody calls; one minute unless given, 0 for never. */
  readonly sweepIntervalMs?: number | undefined
  /** Shown in events. */
  readonly name?: string | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** Checked options with every default filled in. */
export interface MemoryCacheSettings<K, V> {
  readonly maxEntries: number
  readonly maxBytes: number
  readonly maxEntryBytes: number
  readonly policy: PolicyFactory
  readonly weigh: ((value: V, key: K) => number) | undefined
  readonly ttlMs: number
  readonly graceMs: number
  readonly negativeTtlMs: number
  readonly jitter: number
  readonly renewOnHit: boolean
  readonly packing: Packing<V> | undefined
  readonly sweepIntervalMs: number
  readonly name: string
  readonly clock: Clock
  readonly random: Random
}

const SWEEP_INTERVAL_MS_DEFAULT = 60_000

/** @throws CACHE_CONFIG_INVALID */
export function memoryCacheSettings<K, V>(options: MemoryCacheOptions<K, V>): MemoryCacheSettings<K, V> {
  const { maxEntries, maxBytes, policy = 'w-tinylfu' } = options
  if (maxEntries === undefined && maxBytes === undefined)
    throw invalid('maxEntries', 'needed, or maxBytes: a cache without a bound is a leak')
  const bytes = checked('maxBytes', maxBytes, { min: 1, whole: true }) ?? Infinity
  const factory = typeof policy === 'function' ? policy : POLICIES[policy]
  if (factory === undefined) throw invalid('policy', `"${String(policy)}", which is no policy`)
  return {
    maxEntries:
      checked('maxEntries', maxEntries, { min: 1, max: MEMORY_ENTRIES_MAX, whole: true }) ?? Infinity,
    maxBytes: bytes,
    maxEntryBytes:
      checked('maxEntryBytes', options.maxEntryBytes, { min: 1, max: bytes }) ?? bytes * ENTRY_SHARE_MAX,
    policy: factory,
    weigh: options.weigh,
    ttlMs: checked('ttlMs', options.ttlMs, { min: 1 }) ?? Infinity,
    graceMs: checked('graceMs', options.graceMs, { min: 0 }) ?? 0,
    negativeTtlMs: checked('negativeTtlMs', options.negativeTtlMs, { min: 0 }) ?? NEGATIVE_TTL_MS_DEFAULT,
    jitter: checked('jitter', options.jitter, { min: 0, max: 0.5 }) ?? JITTER_DEFAULT,
    renewOnHit: options.renewOnHit ?? false,
    packing: options.packing,
    sweepIntervalMs:
      checked('sweepIntervalMs', options.sweepIntervalMs, { min: 0, max: 2 ** 31 - 1 }) ??
      SWEEP_INTERVAL_MS_DEFAULT,
    name: options.name ?? 'memory',
    clock: options.clock ?? systemClock,
    random: options.random ?? platformRandom,
  }
}

function checked(
  option: string,
  value: number | undefined,
  {
    min,
    max = Infinity,
    whole = false,
  }: { readonly min: number; readonly max?: number; readonly whole?: boolean },
): number | undefined {
  if (value === undefined) return undefined
  const isWhole = !whole || Number.isSafeInteger(value)
  if (typeof value === 'number' && value >= min && value <= max && isWhole) return value
  const upTo = max === Infinity ? '' : ` and at most ${max}`
  throw invalid(
    option,
    `${String(value)}; it must be a ${whole ? 'whole ' : ''}number of at least ${min}${upTo}`,
  )
}

/** The one way in which options of this package are refused. */
export function invalid(option: string, found: string): ForgeError {
  return new ForgeError('CACHE_CONFIG_INVALID', `cache option ${option} is ${found}`, { details: { option } })
}
