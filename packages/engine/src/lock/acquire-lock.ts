import { setTimeout as delay } from 'node:timers/promises'
import { isForgeError, type Clock, type Random } from '@forgeone/common'
import { StoreLock } from './store-lock.ts'

/** How often a lock that is waited for is tried. */
const LOCK_RETRY_MS = 100

/** A lock may end while somebody waits for it; one of this very thread cannot. @throws STORE_LOCKED naming the holder */
export async function acquireLock(
  directory: string,
  parts: { readonly clock: Clock; readonly random: Random },
  waitMs: number = 0,
): Promise<StoreLock> {
  for (let leftMs = waitMs; ; leftMs -= LOCK_RETRY_MS) {
    try {
      return StoreLock.acquire(directory, parts)
    } catch (error) {
      if (leftMs <= 0 || !isForgeError(error, 'STORE_LOCKED') || error.details['isHere'] === true) throw error
    }
    await delay(Math.min(leftMs, LOCK_RETRY_MS))
  }
}
