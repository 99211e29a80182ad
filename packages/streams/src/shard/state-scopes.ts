import type { WatchedScope } from '@forgeone/engine'
import {
  KEYSPACE_CHECKPOINT,
  KEYSPACE_COLD,
  KEYSPACE_COLD_INDEX,
  KEYSPACE_FILTER,
  KEYSPACE_GROUP,
  KEYSPACE_GROUP_STATE,
  KEYSPACE_HOT,
  KEYSPACE_HOT_INDEX,
  KEYSPACE_IMPORT,
  KEYSPACE_REMOVED,
  KEYSPACE_RETENTION,
  KEYSPACE_TOPIC,
  KEYSPACE_WAITING,
} from './keys.ts'

/**
 * What a store is to watch of a shard, so that an end that somebody took away is missed as a hole is. Blocks follow each other
 * without a gap, so of them the last is enough. What is named, and what groups have settled, is watched whole: it is little, or
 * it changes with each delivery and is small then.
 */
export function shardStateScopes(database: string): readonly WatchedScope[] {
  const blocks = [KEYSPACE_HOT, KEYSPACE_HOT_INDEX, KEYSPACE_COLD, KEYSPACE_COLD_INDEX]
  return [
    { database, part: 'blocks', ends: [...blocks, KEYSPACE_FILTER, KEYSPACE_REMOVED] },
    {
      database,
      part: 'names',
      only: [KEYSPACE_TOPIC, KEYSPACE_RETENTION, KEYSPACE_IMPORT, KEYSPACE_GROUP, KEYSPACE_CHECKPOINT],
    },
    { database, part: 'groups', only: [KEYSPACE_GROUP_STATE, KEYSPACE_WAITING] },
  ]
}
