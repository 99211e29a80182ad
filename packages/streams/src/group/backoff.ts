import { BACKOFF_MS_MAX } from './group-limits.ts'

/** Doubles with each attempt up to a limit. */
export function backoffMs(firstMs: number, attempts: number): number {
  return Math.min(firstMs * 2 ** Math.min(attempts - 1, 30), BACKOFF_MS_MAX)
}
