import { eventLoopTurn as turn } from '@forgeone/common'
import { comparePositions } from '../entry/position.ts'
import type { Shard } from '../shard/shard.ts'
import type { PlacedTopic } from '../shard/topic-directory.ts'
import type { FoundRow, ScanContext, ScanRequest } from './scan-request.ts'
import { ShardScan } from './shard-scan.ts'

/** Rows handed over at once; also how long the event loop waits at most, together with one block's decoding. */
const BATCH_ROWS_MAX = 1000

/**
 * Rows that a request asks for, in the order of their positions, a batch at a time.
 * @param made what a batch becomes: made in the turn in which its rows are known to be there, since a block that is
 *   rewritten later cannot be read any more
 */
export async function* scanRows<Made>(
  request: ScanRequest,
  context: ScanContext,
  made: (rows: readonly FoundRow[]) => Made,
): AsyncGenerator<Made> {
  const sources = [...topicsByShard(request.topics)].map(
    ([shard, topics]) => new ShardScan({ shard, topics, request, context }),
  )
  // Others had their turn: blocks may have been rewritten, and entries removed.
  const resume = (): void => {
    request.signal?.throwIfAborted()
    for (const source of sources) source.refresh()
  }
  // Who takes one row of each of many scans must not keep others from their turn.
  await turn.giveWay()
  let left = request.limit
  let batch: FoundRow[] = []
  while (left > 0) {
    let state: ReturnType<typeof fill>
    try {
      state = fill(sources, Math.min(left, BATCH_ROWS_MAX))
    } catch (error) {
      // What was found before a damaged block is served.
      if (batch.length > 0) yield made(batch)
      throw error
    }
    if (state !== 'rows') {
      if (state === 'end') break
      if (state === 'nothing' && !turn.isOver) continue
      // Told to whoever asks again: what was found before is served first.
      if (state !== 'nothing') state.catch(() => undefined)
      if (batch.length > 0) {
        yield made(batch)
        batch = []
      }
      await (state === 'nothing' ? turn.next() : state)
      resume()
      continue
    }
    // Until one of the sources has no row at hand, the order is known.
    for (let source = earliest(sources, request.reverse); source !== undefined;) {
      batch.push(source.take())
      context.figures.rowsReturned++
      if (--left === 0 || batch.length === BATCH_ROWS_MAX || !source.hasRow) break
      source = earliest(sources, request.reverse)
    }
    if (batch.length < BATCH_ROWS_MAX && left > 0) continue
    yield made(batch)
    batch = []
    // Who takes rows without ever waiting must not keep others from their turn either.
    await turn.giveWay()
    resume()
  }
  if (batch.length > 0) yield made(batch)
}

/** Gives every source a row, or tells why not, or what to wait for: sources can only be compared when all have one. */
function fill(sources: ShardScan[], rowsMax: number): 'rows' | 'nothing' | 'end' | Promise<void> {
  for (let index = sources.length - 1; index >= 0; index--) {
    const source = sources[index]!
    if (source.hasRow) continue
    const state = source.advance(rowsMax)
    // A block without a row for us: time has passed, and the caller may want to give way.
    if (state === 'end') sources.splice(index, 1)
    else if (state !== 'rows') return state
  }
  return sources.length === 0 ? 'end' : 'rows'
}

function earliest(sources: readonly ShardScan[], reverse: boolean): ShardScan | undefined {
  let first = sources[0]
  for (let index = 1; index < sources.length; index++) {
    const source = sources[index]!
    const order = comparePositions(source.position, first!.position)
    if (reverse ? order > 0 : order < 0) first = source
  }
  return first
}

function topicsByShard(topics: readonly PlacedTopic[]): Map<Shard, Map<number, string>> {
  const byShard = new Map<Shard, Map<number, string>>()
  for (const { shard, topic } of topics) {
    const names = byShard.get(shard)
    if (names === undefined) byShard.set(shard, new Map([[topic.id, topic.name]]))
    else names.set(topic.id, topic.name)
  }
  return byShard
}
