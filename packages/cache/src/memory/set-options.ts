import { ArgumentCheck } from '@forgeone/common'

/** What one entry is stored with. */
export interface SetOptions {
  /** Infinity for no end; the cache's own time to live unless given. */
  readonly ttlMs?: number | undefined
  readonly graceMs?: number | undefined
  /** Bytes of the value, instead of what `weigh` would say. */
  readonly bytes?: number | undefined
}

/** What is known of a key: a value, that there is none (`negative`), or nothing (`absent`). */
export type Lookup<V> =
  | { readonly state: 'fresh' | 'stale'; readonly value: V }
  | { readonly state: 'negative' | 'absent'; readonly value?: undefined }

/** No one can have made a mistake in these, so they need no check. */
export const NO_OPTIONS: SetOptions = {}
export const ABSENT: Lookup<never> = { state: 'absent' }
export const NEGATIVE: Lookup<never> = { state: 'negative' }

const check = new ArgumentCheck('CACHE_CONFIG_INVALID')
const SET_OPTIONS = ['ttlMs', 'graceMs', 'bytes'] as const
const LOAD_OPTIONS = [...SET_OPTIONS, 'negativeTtlMs', 'signal', 'forceRefresh'] as const

/** A time that is no number would never come, and the entry never leave. @throws CACHE_CONFIG_INVALID */
export function checkSetOptions(options: SetOptions): void {
  const { ttlMs, graceMs, bytes } = check.options(options, SET_OPTIONS)
  checkSpan(ttlMs, 'ttlMs')
  checkSpan(graceMs, 'graceMs')
  checkSize(bytes)
}

/** @throws CACHE_CONFIG_INVALID */
export function checkLoadOptions(loader: (...input: never[]) => unknown, options: SetOptions): void {
  check.callback(loader, 'loader')
  const { ttlMs, graceMs, bytes, negativeTtlMs, signal, forceRefresh } = check.options(options, LOAD_OPTIONS)
  checkSpan(ttlMs, 'ttlMs')
  checkSpan(graceMs, 'graceMs')
  checkSize(bytes)
  checkSpan(negativeTtlMs, 'negativeTtlMs')
  check.signal(signal)
  if (forceRefresh !== undefined) check.isTrue(forceRefresh, 'forceRefresh')
}

/** @throws CACHE_CONFIG_INVALID */
export function checkTest(test: (key: never) => boolean): void {
  check.callback(test, 'test')
}

function checkSpan(value: unknown, what: string): void {
  if (value === undefined || (typeof value === 'number' && value >= 0)) return
  throw check.refusal(what, 'must be a number of at least 0')
}

function checkSize(bytes: unknown): void {
  if (bytes === undefined || (typeof bytes === 'number' && bytes >= 0 && bytes < Infinity)) return
  throw check.refusal('bytes', 'is no size of a value')
}
