import type { Topic } from '../shard/topic.ts'

/** What is known of a topic. */
export interface TopicMetadata {
  readonly name: string
  readonly createdAt: number
  /** Number of entries ever appended; the first one is 1. */
  readonly version: number
  readonly count: number
  /** Bytes of texts and metadata as they were given. */
  readonly rawBytes: number
  /** Bytes of the sealed blocks; a block of several topics counts for each by its share. */
  readonly storedBytes: number
  readonly firstTimestamp?: number
  readonly lastTimestamp?: number
}

export function topicMetadata(topic: Topic): TopicMetadata {
  const { name, createdAt, count, rawBytes, storedBytes, firstTimestamp, lastTimestamp } = topic
  return {
    name,
    createdAt,
    version: topic.version,
    count,
    rawBytes,
    storedBytes,
    ...(firstTimestamp === undefined ? {} : { firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { lastTimestamp }),
  }
}
