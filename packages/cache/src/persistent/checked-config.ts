import { ArgumentCheck, readArgument } from '@forgeone/common'
import { z } from 'zod'
import { invalid } from '../memory/memory-cache-options.ts'
import { POLICIES, type PolicyName } from '../policy/policy-table.ts'
import { CACHE_CONFIG_DEFAULTS, type CacheConfig } from './cache-config.ts'

const YEARS_10_DAYS = 3_653
/** `setInterval` takes 31 bits of milliseconds. */
const INTERVAL_HOURS_MAX = 596

const schema = z.strictObject({
  enabled: z.boolean(),
  dbPath: z.string().min(1),
  maxAgeDays: z.number().gt(0).max(YEARS_10_DAYS),
  cleanupIntervalHours: z.number().gt(0).max(INTERVAL_HOURS_MAX),
  maxBytes: z
    .int()
    .min(64 * 1024)
    .max(2 ** 50),
  policy: z.literal(Object.keys(POLICIES) as [PolicyName, ...PolicyName[]]),
  compression: z.enum(['zstd', 'deflate', 'none']),
  memoryMaxBytes: z
    .int()
    .min(64 * 1024)
    .max(2 ** 40),
  graceHours: z
    .number()
    .min(0)
    .max(24 * 365),
  negativeTtlSeconds: z
    .number()
    .min(0)
    .max(86_400 * 365),
})

/** @throws CACHE_CONFIG_INVALID */
export function checkedConfig(config: Partial<CacheConfig>): CacheConfig {
  const names = Object.keys(CACHE_CONFIG_DEFAULTS) as (keyof CacheConfig)[]
  const given = new ArgumentCheck('CACHE_CONFIG_INVALID').options(config, names, 'config')
  // What is wrong with a value is put into words by looking at it, which may throw too.
  return readArgument('CACHE_CONFIG_INVALID', () => {
    const parsed = schema.safeParse({ ...CACHE_CONFIG_DEFAULTS, ...given })
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    throw invalid(String(issue?.path[0] ?? 'config'), issue?.message ?? 'malformed')
  })
}
