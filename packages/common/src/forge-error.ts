import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

/** Facts about a failure that are safe to print: never a key, a secret or stored content. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export interface ForgeErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
  /** Replaces the hint that belongs to the code. */
  readonly hint?: string
}

// Two copies of this package, or one in another realm, know each other's errors by it.
const BRAND = Symbol.for('@forgeone/common ForgeError')

/** The one error class of ForgeOne. Branch on `code`; `message` says what failed and `hint` what to do. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError'
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly hint: string

  /** @internal What another copy of this class made is one too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value)
  }

  constructor(code: ErrorCode, message: string, options: ForgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    Object.defineProperty(this, BRAND, { value: true })
    this.code = code
    this.details = options.details ?? {}
    this.hint = options.hint ?? ERROR_CODES[code]
  }
}

/** True when `value` is a {@link ForgeError}, and, if codes are given, has one of them. */
export function isForgeError(value: unknown, ...codes: readonly ErrorCode[]): value is ForgeError {
  // Every copy has the same members.
  return isBranded(value) && (codes.length === 0 || codes.includes((value as ForgeError).code))
}

function isBranded(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return BRAND in value
  } catch {
    // A proxy of somebody else's.
    return false
  }
}
