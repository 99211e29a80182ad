import type { JsonObject, JsonValue } from '@forgeone/common'
import { priorityFromCode } from '../entry/priority.ts'
import { severityCode, severityFromCode, type LogSeverity } from '../entry/severity.ts'
import type { JsonPath, PipeColumn, QueryField, QueryPipe } from './ast.ts'
import { fieldName } from './field-name.ts'
import { SORT_ROWS_MAX, STATS_GROUPS_MAX } from './limits.ts'
import type { MatchRow, RowKind } from './match-row.ts'
import { cellOf, type Cell } from './table-cells.ts'
import { tableLimit, TableMemory } from './table-memory.ts'
import { compareValues } from './table-values.ts'

/** A row that pipes made: values by column name. */
export type TableRow = Readonly<Record<string, JsonValue>>

/** A row on its way through the pipes: an entry, or what an earlier pipe made of entries. */
type PipeRow =
  | { readonly kind: 'entry'; readonly row: MatchRow }
  | { readonly kind: 'table'; readonly row: TableRow }

/** One pipe: takes rows, gives rows to the next one. */
interface Stage {
  /** @returns false when no further row can change the result */
  push(row: PipeRow): boolean
  finish(): void
}

/**
 * Carries out pipes over rows. Rows are pushed in; what comes out gathers in `takeRows`.
 * @throws STREAM_QUERY_LIMIT when groups or sorted rows become too many
 */
export class TablePipeline {
  #rows: TableRow[] = []
  readonly #first: Stage

  constructor(pipes: readonly QueryPipe[], rows: RowKind) {
    const sink: Stage = {
      push: (row) => {
        this.#rows.push(row.kind === 'table' ? row.row : entryRecord(row.row, rows))
        return true
      },
      finish: () => undefined,
    }
    const context = { rows, memory: new TableMemory() }
    this.#first = pipes.toReversed().reduce<Stage>((next, pipe) => stageOf(pipe, next, context), sink)
  }

  /** @returns false when no further row can change the result */
  push(row: MatchRow): boolean {
    return this.#first.push({ kind: 'entry', row })
  }

  finish(): void {
    this.#first.finish()
  }

  /** The rows that came out since the last call. */
  takeRows(): readonly TableRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }
}

/** What all pipes of a query share. */
interface PipeContext {
  readonly rows: RowKind
  readonly memory: TableMemory
}

function stageOf(pipe: QueryPipe, next: Stage, context: PipeContext): Stage {
  const { rows } = context
  switch (pipe.kind) {
    case 'limit':
      return limitStage(pipe.count, next)
    case 'fields':
      return fieldsStage(pipe.columns, next, rows)
    case 'sort':
      return sortStage(pipe, next, context)
    case 'stats':
      return statsStage(pipe, next, context)
    case 'histogram':
      return histogramStage(pipe.bucketMs, next, rows)
  }
}

function limitStage(count: number, next: Stage): Stage {
  let left = count
  return {
    push: (row) => {
      if (left <= 0) return false
      left--
      return next.push(row) && left > 0
    },
    finish: () => next.finish(),
  }
}

function fieldsStage(columns: readonly PipeColumn[], next: Stage, rows: RowKind): Stage {
  return {
    push: (row) => {
      const record: Record<string, JsonValue> = {}
      for (const column of columns) record[columnName(column)] = valueOf(row, column, rows) ?? null
      return next.push({ kind: 'table', row: record })
    },
    finish: () => next.finish(),
  }
}

function sortStage(
  { columns, descending }: Extract<QueryPipe, { kind: 'sort' }>,
  next: Stage,
  { rows, memory }: PipeContext,
): Stage {
  const kept: { readonly keys: readonly (JsonValue | undefined)[]; readonly row: TableRow }[] = []
  return {
    push: (row) => {
      if (kept.length >= SORT_ROWS_MAX)
        throw tableLimit(`sort by takes at most ${SORT_ROWS_MAX} rows; narrow the query or count first`)
      const keys = columns.map((column) => sortKey(column, valueOf(row, column, rows)))
      const record = row.kind === 'table' ? row.row : entryRecord(row.row, rows)
      memory.add(record)
      kept.push({ keys, row: record })
      return true
    },
    finish: () => {
      const sign = descending ? -1 : 1
      kept.sort((left, right) => sign * compareKeys(left.keys, right.keys))
      for (const { row } of kept) if (!next.push({ kind: 'table', row })) break
      next.finish()
    },
  }
}

/** Severities sort by weight, not by name. */
function sortKey(column: PipeColumn, value: JsonValue | undefined): JsonValue | undefined {
  // A column of this name holds severities.
  return column.name === 'severity' && typeof value === 'string' ? severityCode(value as LogSeverity) : value
}

function compareKeys(
  left: readonly (JsonValue | undefined)[],
  right: readonly (JsonValue | undefined)[],
): number {
  for (let index = 0; index < left.length; index++) {
    const order = compareValues(left[index], right[index])
    if (order !== 0) return order
  }
  return 0
}

function statsStage(
  { by, aggregates }: Extract<QueryPipe, { kind: 'stats' }>,
  next: Stage,
  { rows, memory }: PipeContext,
): Stage {
  const groups = new Map<string, { readonly values: readonly JsonValue[]; readonly cells: readonly Cell[] }>()
  const cellsOf = (): readonly Cell[] => aggregates.map((aggregate) => cellOf(aggregate, memory))
  // Without `by` there is one group, also of no rows.
  if (by.length === 0) groups.set('[]', { values: [], cells: cellsOf() })
  return {
    push: (row) => {
      const values = by.map((column) => valueOf(row, column, rows) ?? null)
      const key = JSON.stringify(values)
      let group = groups.get(key)
      if (group === undefined) {
        if (groups.size >= STATS_GROUPS_MAX)
          throw tableLimit(`stats makes at most ${STATS_GROUPS_MAX} groups; group by something coarser`)
        memory.add(key)
        memory.add(values)
        for (const _ of aggregates) memory.add(0)
        group = { values, cells: cellsOf() }
        groups.set(key, group)
      }
      for (const [index, aggregate] of aggregates.entries()) {
        const value = aggregate.field === undefined ? null : valueOf(row, aggregate.field, rows)
        group.cells[index]!.add(value)
      }
      return true
    },
    finish: () => {
      for (const { values, cells } of groups.values()) {
        const record: Record<string, JsonValue> = {}
        for (const [index, column] of by.entries()) record[columnName(column)] = values[index]!
        for (const [index, aggregate] of aggregates.entries())
          record[aggregate.as ?? aggregate.function] = cells[index]!.result()
        if (!next.push({ kind: 'table', row: record })) break
      }
      next.finish()
    },
  }
}

/** Rows by time, in equal steps from the first to the last row; steps without rows are counted too. */
function histogramStage(bucketMs: number, next: Stage, rows: RowKind): Stage {
  const counts = new Map<number, number>()
  return {
    push: (row) => {
      const time = valueOf(row, { name: 'time' }, rows)
      if (typeof time !== 'number') return true
      const bucket = Math.floor(time / bucketMs) * bucketMs
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      if (counts.size > STATS_GROUPS_MAX)
        throw tableLimit(`a histogram has at most ${STATS_GROUPS_MAX} steps; take longer ones`)
      return true
    },
    finish: () => {
      const times = [...counts.keys()].sort((left, right) => left - right)
      const first = times[0] ?? 0
      const last = times.at(-1) ?? first - bucketMs
      const isDense = (last - first) / bucketMs < STATS_GROUPS_MAX
      const steps = isDense
        ? Array.from(
            { length: Math.round((last - first) / bucketMs) + 1 },
            (_, step) => first + step * bucketMs,
          )
        : times
      for (const time of steps) {
        const row = { time, count: counts.get(time) ?? 0 }
        if (!next.push({ kind: 'table', row })) break
      }
      next.finish()
    },
  }
}

export function columnName(column: PipeColumn): string {
  return column.name === 'column' ? column.column : fieldName(column)
}

function valueOf(row: PipeRow, column: PipeColumn, rows: RowKind): JsonValue | undefined {
  if (row.kind === 'table') return valueOfTable(row.row, column)
  return column.name === 'column' ? undefined : valueOfEntry(row.row, column, rows)
}

function valueOfEntry(row: MatchRow, field: QueryField, rows: RowKind): JsonValue | undefined {
  switch (field.name) {
    case 'topic':
      return row.topic
    case 'time':
      return row.timestamp
    case 'severity':
      return rows === 'logs' ? severityFromCode(row.level) : undefined
    case 'priority':
      return rows === 'events' ? priorityFromCode(row.level) : undefined
    case 'id':
      return row.id()
    case 'marker':
      return row.marker()
    case 'text':
      return row.text()
    case 'metadata':
      return atPath(row.metadata(), field.path)
    case 'payload':
      return atPath(row.payload(), field.path)
  }
}

/** What a pipe before made, or else the entry that stands in the row. */
function valueOfTable(row: TableRow, column: PipeColumn): JsonValue | undefined {
  const name = columnName(column)
  if (Object.hasOwn(row, name)) return row[name]
  switch (column.name) {
    case 'time':
      return row['timestamp']
    case 'marker':
      return row['checkpointMarker']
    case 'text':
      return row['payload']
    case 'metadata':
    case 'payload':
      return atPath(row[column.name], column.path)
    default:
      return undefined
  }
}

function atPath(root: JsonValue | undefined, path: JsonPath): JsonValue | undefined {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) value = typeof part === 'number' ? (value as JsonValue[])[part] : undefined
    else
      value = typeof part === 'string' && Object.hasOwn(value, part) ? (value as JsonObject)[part] : undefined
  }
  return value
}

/** An entry as a row of a table, with the names of its members. */
function entryRecord(row: MatchRow, rows: RowKind): TableRow {
  const marker = row.marker()
  const level =
    rows === 'logs' ? { severity: severityFromCode(row.level) } : { priority: priorityFromCode(row.level) }
  return {
    id: row.id(),
    topic: row.topic,
    timestamp: row.timestamp,
    ...level,
    ...(rows === 'logs' ? { message: row.text() } : { payload: row.payload() ?? null }),
    metadata: row.metadata(),
    ...(marker === undefined ? {} : { checkpointMarker: marker }),
  }
}
