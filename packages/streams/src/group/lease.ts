import type { EventMessage } from '../entry/entry.ts'
import type { Position } from '../entry/position.ts'

/**
 * Where an entry of a group is: `ready` to be handed out, `out`, `settling` while its ack is part of an append under
 * way, `waiting` for a retry or its time, or `gone` from the group.
 */
export type LeaseState = 'ready' | 'out' | 'settling' | 'waiting' | 'gone'

/** One entry between the moment its group read it and the moment it is settled. */
export interface Lease {
  readonly position: Position
  /** Absent when it is to be read again. */
  event: EventMessage | undefined
  /** Removals from the log before the event was read: after another one it may be gone. */
  readAt: number
  state: LeaseState
  /** How often it was handed out, the time it is out now included. */
  attempts: number
  /** Number of its waiting row. */
  row: number | undefined
  /** Monotonic: when it may be handed out again while it waits, when it expires while it is out. */
  dueMs: number
  /** Why the last attempt failed, for the dead letter. */
  reason: string
}

export function newLease(position: Position, event: EventMessage | undefined, readAt = 0): Lease {
  return {
    position,
    event,
    readAt,
    state: 'ready',
    attempts: 0,
    row: undefined,
    dueMs: 0,
    reason: '',
  }
}
