import { ArgumentCheck, ForgeError, systemClock, type Clock, type Random } from '@forgeone/common'
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
/** No entry counts for more, or sums of them would lose their last digits. */
const ENTRY_BYTES_MAX = 2 ** 40
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
  /** Weights are kept for it even where no other bound needs them. */
  readonly hasEntryBound: boolean
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

const check = new ArgumentCheck('CACHE_CONFIG_INVALID')
/** It stands in every event. */
const NAME_CHARS_MAX = 128
const POLICY_METHODS = ['grow', 'onInsert', 'onHit', 'onWeight', 'onRemove', 'victim'] as const
const OPTION_NAMES = [
  'maxEntries',
  'maxBytes',
  'maxEntryBytes',
  'policy',
  'weigh',
  'ttlMs',
  'graceMs',
  'negativeTtlMs',
  'jitter',
  'renewOnHit',
  'onDispose',
  'packing',
  'sweepIntervalMs',
  'name',
  'clock',
  'random',
] as const satisfies readonly (keyof MemoryCacheOptions<never, never>)[]

const SWEEP_INTERVAL_MS_DEFAULT = 60_000

/** @throws CACHE_CONFIG_INVALID */
export function memoryCacheSettings<K, V>(given: MemoryCacheOptions<K, V>): MemoryCacheSettings<K, V> {
  const options = check.options(given, OPTION_NAMES) as MemoryCacheOptions<K, V>
  checkPorts(options)
  const { maxEntries, maxBytes, policy = 'w-tinylfu' } = options
  if (maxEntries === undefined && maxBytes === undefined)
    throw invalid('maxEntries', 'needed, or maxBytes: a cache without a bound is a leak')
  const bytes = checked('maxBytes', maxBytes, { min: 1, whole: true }) ?? Infinity
  const factory = typeof policy === 'function' ? policy : policyNamed(policy)
  return {
    maxEntries:
      checked('maxEntries', maxEntries, { min: 1, max: MEMORY_ENTRIES_MAX, whole: true }) ?? Infinity,
    maxBytes: bytes,
    maxEntryBytes: Math.min(
      checked('maxEntryBytes', options.maxEntryBytes, { min: 1, max: bytes }) ?? bytes * ENTRY_SHARE_MAX,
      ENTRY_BYTES_MAX,
    ),
    hasEntryBound: options.maxEntryBytes !== undefined,
    policy: (settings) => check.port(factory(settings), POLICY_METHODS, 'the policy'),
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
    `${typeof value === 'number' ? String(value) : `a ${typeof value}`}; it must be a ${whole ? 'whole ' : ''}number of at least ${min}${upTo}`,
  )
}

/** Not by `POLICIES[name]` alone: `constructor` is a member of every object. */
function policyNamed(name: PolicyName): PolicyFactory {
  if (typeof name === 'string' && Object.hasOwn(POLICIES, name)) return POLICIES[name]
  const found = typeof name === 'string' ? JSON.stringify(name).slice(0, 40) : `a ${typeof name}`
  throw invalid('policy', `${found}, which is none of ${Object.keys(POLICIES).join(', ')}`)
}

/** What is called later: a port that lacks a method would fail in the middle of a change. */
function checkPorts<K, V>({
  onDispose,
  weigh,
  packing,
  clock,
  random,
  name,
  renewOnHit,
}: MemoryCacheOptions<K, V>): void {
  if (onDispose !== undefined) check.callback(onDispose, 'cache option onDispose')
  if (weigh !== undefined) check.callback(weigh, 'cache option weigh')
  if (packing !== undefined) {
    const { pack, unpack, aboveBytes } = check.options(
      packing,
      ['pack', 'unpack', 'aboveBytes'],
      'cache option packing',
    )
    for (const one of [pack, unpack]) check.callback(one as () => void, 'cache option packing')
    checked('packing', aboveBytes as number | undefined, { min: 0 })
  }
  if (clock !== undefined) check.port(clock, ['now', 'monotonicMs'], 'cache option clock')
  if (random !== undefined) check.port(random, ['bytes'], 'cache option random')
  if (name !== undefined) check.text(name, 'cache option name', { max: NAME_CHARS_MAX })
  if (renewOnHit !== undefined) check.isTrue(renewOnHit, 'cache option renewOnHit')
}

/** A policy of the caller's own gave a slot that is not in use: going on would never make room. */
export function noVictim(slot: number): ForgeError {
  return invalid('policy', `one whose victim ${String(slot)} is no entry`)
}

/** The one way in which options of this package are refused. */
export function invalid(option: string, found: string): ForgeError {
  return new ForgeError('CACHE_CONFIG_INVALID', `cache option ${option} is ${found}`, { details: { option } })
}
