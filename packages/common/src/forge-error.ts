import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

/** Facts about a failure that are safe to print: never a key, a secret or stored content. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export interface ForgeErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
  /** Replaces the hint that belongs to the code. */
  readonly hint?: string
}

/** The one error class of ForgeOne. Branch on `code`; `message` says what failed and `hint` what to do. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError'
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly hint: string

  constructor(code: ErrorCode, message: string, options: ForgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.hint = options.hint ?? ERROR_CODES[code]
  }
}

/** True when `value` is a {@link ForgeError}, and, if codes are given, has one of them. */
export function isForgeError(value: unknown, ...codes: readonly ErrorCode[]): value is ForgeError {
  return value instanceof ForgeError && (codes.length === 0 || codes.includes(value.code))
}
