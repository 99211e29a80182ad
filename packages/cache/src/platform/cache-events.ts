import { nodeModule } from './node-modules.ts'

/** What a cache tells subscribers: names and counts, never keys or values. */
export interface CacheEvent {
  readonly cache: string
  readonly event: 'removed' | 'loaded' | 'load-failed' | 'invalidated' | 'cleanup' | 'reset'
  readonly reason?: string | undefined
  readonly count?: number | undefined
  readonly bytes?: number | undefined
  readonly ms?: number | undefined
}

/** Name of the `diagnostics_channel` on which every cache publishes its events. */
export const CACHE_CHANNEL = 'forgeone:cache'

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

const channel: Channel | undefined = nodeModule<{ channel(name: string): Channel }>(
  'diagnostics_channel',
)?.channel(CACHE_CHANNEL)

export function hasListeners(): boolean {
  return channel !== undefined && channel.hasSubscribers
}

export function publishEvent(event: CacheEvent): void {
  if (hasListeners()) channel!.publish(event)
}
