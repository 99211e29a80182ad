import type { Refusal, VerdictCode } from '../format/refusal.ts'
import type { SeenWitness } from '../policy/verify-checkpoint.ts'

/** What is wrong with a log as a whole. */
export type LogFault = 'AUDIT_DIVERGED' | 'AUDIT_ROLLBACK' | 'AUDIT_FORK' | 'AUDIT_QUERY_INDEX_DAMAGED'

/** The first bad place, as exactly as it can be told. */
export interface LogPlace {
  /** File of the tlog-tiles layout. */
  readonly path?: string
  /** Index of the first bad leaf. */
  readonly leaf?: number
  /** Size of the tree whose root is not what was signed. */
  readonly size?: number
}

/** Every leaf, tile and root is what was signed. */
export interface LogAccepted {
  readonly ok: true
  readonly origin: string
  /** Leaves, all of them hashed. */
  readonly size: number
  readonly root: Uint8Array
  readonly witnesses: readonly SeenWitness[]
}

/** Something is not. */
export interface LogRefused {
  readonly ok: false
  readonly code: VerdictCode | LogFault
  readonly detail: string
  readonly place: LogPlace
}

export type LogVerdict = LogAccepted | LogRefused

export function fault(code: LogFault, detail: string, place: LogPlace): LogRefused {
  return { ok: false, code, detail, place }
}

export function refusedAt({ code, detail }: Refusal, place: LogPlace): LogRefused {
  return { ok: false, code, detail, place }
}
