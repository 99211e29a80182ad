import type { StreamSink } from '../stream/stream-sink.ts'
import type { Shape } from '../shape/shape.ts'
import type { CallReferences } from './call-references.ts'

/** What is asked of the server. */
export interface CallTarget {
  /** 0 for what the server gave at first. */
  readonly targetId: number
  /** Names of parts, with dots between them. */
  readonly path: string
  readonly name: string
  /** One of `USE`. */
  readonly use: number
  /** The figure of a stream that is asked for. */
  readonly figure?: string | undefined
}

/** One call between its begin and its answer. */
export interface ClientCall {
  readonly references: CallReferences
  readonly gives: Shape
  /** Of its frame. */
  readonly bytes: number
  /** Where its answer goes. */
  readonly settle: (value: unknown, changed: unknown) => void
  readonly fail: (error: unknown) => void
  /** Of a stream. */
  readonly sink?: StreamSink | undefined
  readonly onFigures?: ((figures: unknown) => void) | undefined
  /** Which of all frames it is; undefined while it waits for its turn. */
  frame?: number | undefined
}
