import { ByteWriter, concatBytes, utf8Encode } from '@forgeone/common'
import { leafHashOfParts } from '@forgeone/merkle'

export interface SequenceSpan {
  readonly first: number
  readonly count: number
}

/** What a run's hash binds its columns to. */
export interface RunPlace {
  readonly database: string
  readonly topic: string
  readonly topicId: number
  readonly commitTime: number
  /** Sequences of the rows in the shard, as spans without gaps, ascending. */
  readonly spans: readonly SequenceSpan[]
}

/**
 * Hash of a run, a leaf of the commit's entry tree (RFC 6962 leaf prefix):
 * `SHA-256(00 | 'FR' | version u8 | lp(database) | lp(topic) | topic id u32 | commit time u48 | span count varint |
 * spans (distance from the end of the one before varint, length varint)… | columns)`.
 * The columns are those of the run alone, so compaction can rebuild them.
 */
export function hashRun(place: RunPlace, columns: Uint8Array): Uint8Array {
  return leafHashOfParts([runHeader(place), columns])
}

/** The bytes that a run's hash is of, behind the leaf prefix: who has them can check the hash without this library. */
export function runContent(place: RunPlace, columns: Uint8Array): Uint8Array {
  return concatBytes([runHeader(place), columns])
}

function runHeader(place: RunPlace): Uint8Array {
  const out = new ByteWriter(place.topic.length + 128)
  out.u16(0x4652).u8(1).prefixed(utf8Encode(place.database)).prefixed(utf8Encode(place.topic))
  out.u32(place.topicId).u48(place.commitTime).varint(place.spans.length)
  let end = 0
  for (const { first, count } of place.spans) {
    out.varint(first - end).varint(count)
    end = first + count
  }
  return out.finish()
}
