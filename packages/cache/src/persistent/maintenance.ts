import { tellProgress } from '@forgeone/common'
import { publishEvent } from '../platform/cache-events.ts'

/** What a sweep or an invalidation of a metadata cache did: counts, and nothing of what was stored. */
export interface CacheMaintenance {
  readonly kind: 'swept' | 'invalidated'
  /** Of an invalidation. */
  readonly scope?: 'vault' | 'directory' | 'all' | undefined
  /** Entries; absent where whole ranges went uncounted. */
  readonly removed?: number | undefined
  readonly bytes: number
  readonly ms?: number | undefined
}

export type OnMaintenance = (done: CacheMaintenance) => void

/** Tells the subscribers of the channel, and whoever opened the cache. */
export function tellMaintenance(done: CacheMaintenance, listener: OnMaintenance | undefined): void {
  const { kind, removed: count, bytes, ms } = done
  const event = kind === 'swept' ? 'cleanup' : 'invalidated'
  publishEvent({ cache: 'metadata', event, count, bytes, ms })
  tellProgress(listener, done)
}
