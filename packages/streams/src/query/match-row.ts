import type { JsonObject, JsonValue } from '@forgeone/common'
import type { StepBudget } from '../regex/step-budget.ts'

/** Whether rows are logs, whose level is a severity, or events, whose level is a priority. */
export type RowKind = 'logs' | 'events'

/** One row as a filter sees it. Methods are called only when a test needs that column. */
export interface MatchRow {
  readonly topic: string
  readonly timestamp: number
  /** Severity code of a log, priority code of an event. */
  readonly level: number
  /** The message of a log; the JSON text of an event's payload, '' when the payload is bytes. */
  text(): string
  id(): string
  marker(): string | undefined
  metadata(): JsonObject
  /** Undefined for logs and for payloads of bytes. */
  payload(): JsonValue | undefined
}

/** @throws SearchPaused when the budget of its context is spent; asked again for the same row, it goes on */
export type RowPredicate = (row: MatchRow) => boolean

/** What a filter is compiled for. */
export interface MatchContext {
  /** The moment relative times count from. */
  readonly now: number
  /** `logs` when absent. Tests of a level the rows do not have never match. */
  readonly rows?: RowKind | undefined
  /** Steps that tests of long texts may take in one turn; without it they go on to the end. */
  readonly budget?: StepBudget | undefined
}
