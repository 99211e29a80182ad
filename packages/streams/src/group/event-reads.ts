import type { Bound, ReadOptions, TailOptions } from '../stream/stream-options.ts'
import type { Checkpoints } from './checkpoints.ts'

/** A place in the log of events: also a checkpoint, by its name. */
export type EventBound = Bound | { readonly checkpoint: string }

export interface EventReadOptions extends Omit<ReadOptions, 'from' | 'to'> {
  /** Inclusive for times, exclusive for positions and checkpoints. A checkpoint brings its pattern along. */
  readonly from?: EventBound | undefined
  /** Exclusive for times, inclusive for positions and checkpoints. */
  readonly to?: EventBound | undefined
}

export interface EventTailOptions extends Omit<TailOptions, 'from'> {
  /** Where to begin; the present end when absent. */
  readonly from?: EventBound | undefined
}

/** Puts positions in the place of checkpoints. @throws STREAM_CHECKPOINT_UNKNOWN */
export function resolveCheckpoints(options: EventReadOptions, checkpoints: Checkpoints): ReadOptions {
  const { from, to, topic, ...others } = options
  const pattern = isCheckpoint(from) ? checkpoints.require(from.checkpoint).pattern : undefined
  return {
    ...others,
    topic: topic ?? pattern,
    from: boundOf(from, checkpoints),
    to: boundOf(to, checkpoints),
  }
}

function boundOf(bound: EventBound | undefined, checkpoints: Checkpoints): Bound | undefined {
  return isCheckpoint(bound) ? { position: checkpoints.require(bound.checkpoint).position } : bound
}

function isCheckpoint(bound: EventBound | undefined): bound is { readonly checkpoint: string } {
  return typeof bound === 'object' && 'checkpoint' in bound && bound.checkpoint !== undefined
}
