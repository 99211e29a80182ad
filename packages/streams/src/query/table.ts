import { ForgeError, type JsonObject, type JsonValue } from '@forgeone/common'
import { priorityFromCode } from '../entry/priority.ts'
import { severityCode, severityFromCode, type LogSeverity } from '../entry/severity.ts'
import type { Aggregate, JsonPath, PipeColumn, QueryField, QueryPipe } from './ast.ts'
import { fieldName } from './field-name.ts'
import { SORT_ROWS_MAX, STATS_GROUPS_MAX } from './limits.ts'
import type { MatchRow, RowKind } from './match-row.ts'

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
    this.#first = pipes.toReversed().reduce<Stage>((next, pipe) => stageOf(pipe, next, rows), sink)
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

function stageOf(pipe: QueryPipe, next: Stage, rows: RowKind): Stage {
  switch (pipe.kind) {
    case 'limit':
      return limitStage(pipe.count, next)
    case 'fields':
      return fieldsStage(pipe.columns, next, rows)
    case 'sort':
      return sortStage(pipe, next, rows)
    case 'stats':
      return statsStage(pipe, next, rows)
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
  rows: RowKind,
): Stage {
  const kept: { readonly keys: readonly (JsonValue | undefined)[]; readonly row: TableRow }[] = []
  return {
    push: (row) => {
      if (kept.length >= SORT_ROWS_MAX)
        throw limitError(`sort by takes at most ${SORT_ROWS_MAX} rows; narrow the query or count first`)
      const keys = columns.map((column) => sortKey(column, valueOf(row, column, rows)))
      kept.push({ keys, row: row.kind === 'table' ? row.row : entryRecord(row.row, rows) })
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

/** Absent values first, then numbers, then texts, then the rest by its JSON. */
function compareValues(left: JsonValue | undefined, right: JsonValue | undefined): number {
  const ranks = rank(left) - rank(right)
  if (ranks !== 0) return ranks
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [leftText, rightText] = [textOf(left), textOf(right)]
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0
}

function rank(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'number') return 1
  return typeof value === 'string' ? 2 : 3
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function statsStage(
  { by, aggregates }: Extract<QueryPipe, { kind: 'stats' }>,
  next: Stage,
  rows: RowKind,
): Stage {
  const groups = new Map<string, { readonly values: readonly JsonValue[]; readonly cells: readonly Cell[] }>()
  // Without `by` there is one group, also of no rows.
  if (by.length === 0) groups.set('[]', { values: [], cells: aggregates.map(cellOf) })
  return {
    push: (row) => {
      const values = by.map((column) => valueOf(row, column, rows) ?? null)
      const key = JSON.stringify(values)
      let group = groups.get(key)
      if (group === undefined) {
        if (groups.size >= STATS_GROUPS_MAX)
          throw limitError(`stats makes at most ${STATS_GROUPS_MAX} groups; group by something coarser`)
        group = { values, cells: aggregates.map(cellOf) }
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
        throw limitError(`a histogram has at most ${STATS_GROUPS_MAX} steps; take longer ones`)
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

/** The running value of one aggregate of one group. `null` is given by a `count` without a field. */
interface Cell {
  add(value: JsonValue | undefined): void
  result(): JsonValue
}

function cellOf(aggregate: Aggregate): Cell {
  switch (aggregate.function) {
    case 'count':
      return countCell(aggregate.field === undefined)
    case 'sum':
    case 'avg':
      return sumCell(aggregate.function === 'avg')
    case 'min':
      return extremeCell(-1)
    case 'max':
      return extremeCell(1)
    case 'uniq':
      return uniqueCell()
  }
}

function countCell(isOfRows: boolean): Cell {
  let count = 0
  return {
    add: (value) => {
      if (isOfRows || (value !== undefined && value !== null)) count++
    },
    result: () => count,
  }
}

function sumCell(isAverage: boolean): Cell {
  let sum = 0
  let count = 0
  return {
    add: (value) => {
      const number = numberOf(value)
      if (number === undefined) return
      sum += number
      count++
    },
    result: () => {
      if (!isAverage) return sum
      return count === 0 ? null : sum / count
    },
  }
}

/** Numbers that stand as text, as in metadata of imported logs, count as numbers. */
function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function extremeCell(sign: 1 | -1): Cell {
  let best: JsonValue | undefined
  return {
    add: (value) => {
      if (value === undefined || value === null) return
      if (best === undefined || sign * compareValues(value, best) > 0) best = value
    },
    result: () => best ?? null,
  }
}

function uniqueCell(): Cell {
  const seen = new Set<string>()
  return {
    add: (value) => {
      if (value === undefined || value === null) return
      seen.add(JSON.stringify(value))
      if (seen.size > STATS_GROUPS_MAX) throw limitError(`uniq counts at most ${STATS_GROUPS_MAX} values`)
    },
    result: () => seen.size,
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

function limitError(message: string): ForgeError {
  return new ForgeError('STREAM_QUERY_LIMIT', message)
}
