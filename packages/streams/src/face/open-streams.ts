import type { Store } from '@forgeone/engine'
import { EventStream } from './event-stream.ts'
import { LogStream } from './log-stream.ts'
import { countPlaced } from '../verify/verify-stream.ts'
import { loadShards } from '../stream/load-shards.ts'
import type { StreamOptions } from '../stream/stream-options.ts'

/** Shards of one stream: an id names the shard in 8 bits, and more than this only costs open files. */
export const SHARD_COUNT_MAX = 16

/** The databases that a stream keeps in a store; name them when the store is opened. */
export function streamDatabases(stream: 'logs' | 'events', shardCount: number): readonly string[] {
  return Array.from({ length: shardCount }, (_, number) => `${stream}_shard_${number}`)
}

/** Opens the logs of a store. */
export async function openLogs(store: Store, options: StreamOptions): Promise<LogStream> {
  return await LogStream.open(store, options)
}

/** Opens the events of a store. */
export async function openEvents(store: Store, options: StreamOptions): Promise<EventStream> {
  return await EventStream.open(store, options)
}

/** Entries of a stream that were ever given a sequence, removed ones included. @returns undefined while a shard is offline */
export async function placedEntries(
  store: Store,
  o: { readonly name: 'logs' | 'events'; readonly shardCount: number },
): Promise<number | undefined> {
  return countPlaced(await loadShards(store, { name: o.name, count: o.shardCount }))?.acknowledged
}
