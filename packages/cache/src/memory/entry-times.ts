import type { MemoryCacheSettings } from './memory-cache-options.ts'
import type { SetOptions } from './set-options.ts'

type Times = Pick<MemoryCacheSettings<never, never>, 'ttlMs' | 'negativeTtlMs' | 'graceMs'>

/** How long an entry stays fresh, before the jitter. That there is no value is remembered for a time of its own. */
export function entryTtlMs(value: unknown, options: SetOptions, settings: Times): number {
  return options.ttlMs ?? (value === undefined ? settings.negativeTtlMs : settings.ttlMs)
}

/** How long an old value may be handed out; there is none to hand out where there is no value. */
export function entryGraceMs(value: unknown, options: SetOptions, settings: Times): number {
  return value === undefined ? 0 : (options.graceMs ?? settings.graceMs)
}
