import type { Clock } from '@forgeone/common'

/** When a commit happens: never before the one before it, whatever the clock does. */
export interface CommitTime {
  /** Milliseconds since 1970. */
  readonly time: number
  /** How far the clock stands behind that; undefined when it does not. */
  readonly backMs: number | undefined
}

export function commitTime(clock: Clock, lastTime: number): CommitTime {
  const now = clock.now()
  return now < lastTime ? { time: lastTime, backMs: lastTime - now } : { time: now, backMs: undefined }
}
