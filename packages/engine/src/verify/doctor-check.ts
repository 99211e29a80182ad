import type { ErrorCode } from '@forgeone/common'

/** What the doctor found of one thing. */
export interface DoctorCheck {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly code?: ErrorCode
  /** The next command or step. */
  readonly next?: string
}
