import type { Clock } from '@forgeone/common'
import type { Query } from '../query/ast.ts'
import { compileFilter } from '../query/matcher.ts'
import { planQuery } from '../query/plan.ts'
import { TablePipeline, type TableRow } from '../query/table.ts'
import { RowCursor } from '../read/row-cursor.ts'
import { StepBudget } from '../regex/step-budget.ts'
import { RowIds } from '../read/row-ids.ts'
import type { RowReads } from '../read/row-reads.ts'
import { newScanFigures, type FoundRow, type ScanFigures, type ScanRequest } from '../read/scan-request.ts'
import type { SearchExplanation } from '../read/search-results.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'

export interface PreparedSearch {
  readonly request: () => ScanRequest
  readonly figures: ScanFigures
  readonly explain: () => SearchExplanation
}

export interface SearchContext {
  readonly topics: TopicDirectory
  readonly clock: Clock
  readonly rows: 'logs' | 'events'
  /** What the options of the call ask for, without the query. */
  readonly base: ScanRequest
}

/** Plans a query; its topics are looked up when it is run. @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE */
export function prepareSearch(query: Query, { topics, clock, rows, base }: SearchContext): PreparedSearch {
  const budget = new StepBudget()
  const context = { now: clock.now(), rows, budget }
  const plan = planQuery(query, context)
  const figures = newScanFigures()
  // The text of an event may be bytes, which only the row test tells apart.
  const needsRowTest = plan.needsRowTest || rows === 'events'
  let topicCount = 0
  const startedMs = clock.monotonicMs()
  const request = (): ScanRequest => {
    const matching = new Set(topics.match(plan.topicPatterns).map((placed) => placed.topic))
    const wanted =
      plan.topicPatterns === undefined
        ? base.topics
        : base.topics.filter((placed) => matching.has(placed.topic))
    topicCount = wanted.length
    return {
      ...base,
      topics: wanted,
      timeFrom: Math.max(base.timeFrom, plan.timeFrom),
      timeTo: Math.min(base.timeTo, plan.timeTo),
      levelMask: plan.isEmpty ? 0 : plan.levelMask,
      literals: plan.requiredLiterals,
      tokens: plan.requiredTokens,
      rowTest: needsRowTest ? compileFilter(query.filter, context) : undefined,
      budget,
    }
  }
  const explain = (): SearchExplanation => ({
    ...figures,
    topics: topicCount,
    elapsedMs: clock.monotonicMs() - startedMs,
  })
  return { request, figures, explain }
}

/** The rows that the pipes of a query make of what its search finds. */
export async function* tableRows(
  query: Query,
  {
    search,
    reads,
    rows,
  }: {
    readonly search: PreparedSearch
    readonly reads: RowReads
    readonly rows: 'logs' | 'events'
  },
): AsyncGenerator<readonly TableRow[]> {
  const pipeline = new TablePipeline(query.pipes, rows)
  let cursor: RowCursor | undefined
  /** @returns whether the pipes want more */
  const push = (batch: readonly FoundRow[]): boolean => {
    for (const found of batch) {
      if (cursor?.block !== found.block) cursor = cursorOver(found)
      if (!pipeline.push(cursor.at(found.row))) return false
    }
    return true
  }
  for await (const wantsMore of reads.rows(search.request(), push, search.figures)) {
    if (!wantsMore) break
    const ready = pipeline.takeRows()
    if (ready.length > 0) yield ready
  }
  pipeline.finish()
  const rest = pipeline.takeRows()
  if (rest.length > 0) yield rest
}

function cursorOver({ block, shard }: Pick<FoundRow, 'block' | 'shard'>): RowCursor {
  const ids = new RowIds()
  const nameOf = (topicId: number): string => shard.topics.get(topicId)?.name ?? ''
  return new RowCursor({ block, nameOf, idOf: (row) => ids.of({ block, row, shard }) })
}
