import { isAbortSignal, isBytes } from './realms.ts'
import type { ErrorCode } from './error-codes.ts'
import { ForgeError } from './forge-error.ts'
import { nearestName } from './nearest-name.ts'

/** What is shown of a value that was refused: enough to find it, too little to flood a log. */
const SHOWN_CHARS_MAX = 40
const NAMES_SHOWN_MAX = 12
/** Beyond printable ASCII a name could steer a terminal. */
const UNPRINTABLE = /[^ -~]/g

/**
 * Checks what callers pass, at the door of a public method: callers in JavaScript can pass anything, and what is let
 * in unseen fails later, elsewhere and without a code. Every method throws one error with the code it was made for.
 */
export class ArgumentCheck {
  readonly #code: ErrorCode

  constructor(code: ErrorCode) {
    this.#code = code
  }

  /** The error for an argument that cannot be used. @param reason completes "`what` ..." */
  refusal(what: string, reason: string, cause?: unknown): ForgeError {
    const details = { field: what, reason }
    return new ForgeError(this.#code, `${what} ${reason}`, {
      details,
      ...(cause === undefined ? {} : { cause }),
    })
  }

  /**
   * The members `names` of an object of options, each read once. Absent options are an object without members.
   * Members of other names are refused, with the one that was meant most likely.
   */
  options<const Name extends string>(
    value: unknown,
    names: readonly Name[],
    what = 'options',
  ): Readonly<Partial<Record<Name, unknown>>> {
    const members: Partial<Record<Name, unknown>> = {}
    if (value === undefined) return members
    if (typeof value !== 'object' || value === null || isList(value)) {
      throw this.refusal(what, `must be an object, not ${shown(value)}`)
    }
    try {
      // One that is there and undefined says nothing.
      const others = Object.entries(value).filter(([, member]) => member !== undefined)
      this.#refuseOthers(
        others.map(([name]) => name),
        names,
        what,
      )
      for (const name of names) {
        const member = (value as Readonly<Record<Name, unknown>>)[name]
        if (member !== undefined) members[name] = member
      }
    } catch (cause) {
      if (cause instanceof ForgeError) throw cause
      throw this.refusal(what, 'cannot be read', cause)
    }
    return members
  }

  #refuseOthers(found: readonly string[], names: readonly string[], what: string): void {
    const other = found.find((name) => !names.includes(name))
    if (other === undefined) return
    const nearest = nearestName(other, names)
    const known = names.slice(0, NAMES_SHOWN_MAX).join(', ')
    const meant = nearest === undefined ? `known are ${known}` : `did you mean ${nearest}?`
    throw this.refusal(what, `has no member ${shown(other)}; ${meant}`)
  }

  wholeNumber(
    value: unknown,
    what: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
  ): number {
    const isFit = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    // -0 is a whole number, but not one that all code takes for 0.
    if (isFit) return value + 0
    throw this.refusal(what, `must be a whole number from ${min} to ${max}, not ${shown(value)}`)
  }

  text(
    value: unknown,
    what: string,
    { min = 0, max = Infinity }: { readonly min?: number; readonly max?: number } = {},
  ): string {
    if (typeof value !== 'string') throw this.refusal(what, `must be a text, not ${shown(value)}`)
    if (value.length < min) throw this.refusal(what, 'is empty')
    if (value.length > max) throw this.refusal(what, `is longer than ${max} characters`)
    if (!value.isWellFormed()) throw this.refusal(what, 'holds a lone surrogate')
    return value
  }

  isTrue(value: unknown, what: string): boolean {
    if (typeof value === 'boolean') return value
    throw this.refusal(what, `must be true or false, not ${shown(value)}`)
  }

  oneOf<const Choice extends string>(value: unknown, choices: readonly Choice[], what: string): Choice {
    const choice = choices.find((known) => known === value)
    if (choice !== undefined) return choice
    const nearest = typeof value === 'string' ? nearestName(value, choices) : undefined
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw this.refusal(what, `must be ${choices.join(' or ')}, not ${shown(value)}${meant}`)
  }

  /** @returns a copy, since each member of a caller's list is read once, here, where what it throws has a code */
  list(value: unknown, what: string, { max }: { readonly max: number }): readonly unknown[] {
    try {
      if (!isList(value)) throw this.refusal(what, `must be a list, not ${shown(value)}`)
      const { length } = value
      if (!(length <= max)) throw this.refusal(what, `has ${length} members, above the limit of ${max}`)
      return Array.from({ length }, (_, index) => value[index])
    } catch (cause) {
      if (cause instanceof ForgeError) throw cause
      throw this.refusal(what, 'cannot be read', cause)
    }
  }

  bytes(value: unknown, what: string, { max = Infinity }: { readonly max?: number } = {}): Uint8Array {
    if (!isBytes(value)) throw this.refusal(what, `must be bytes, not ${shown(value)}`)
    if (value.length > max) throw this.refusal(what, `has ${value.length} bytes, above the limit of ${max}`)
    return value
  }

  callback<Callback extends (...input: never[]) => unknown>(value: Callback, what: string): Callback {
    if (typeof value === 'function') return value
    throw this.refusal(what, `must be a function, not ${shown(value)}`)
  }

  /** An object of the caller's whose methods are called later, in the middle of something. */
  port<Port>(value: Port, methods: readonly (keyof Port & string)[], what: string): Port {
    let missing: string | undefined
    try {
      missing = methods.find((method) => typeof value[method] !== 'function')
    } catch (cause) {
      throw this.refusal(what, 'cannot be used', cause)
    }
    if (missing === undefined) return value
    throw this.refusal(what, `has no method ${missing}`)
  }

  signal(value: unknown, what = 'signal'): AbortSignal | undefined {
    if (value === undefined || isAbortSignal(value)) return value
    throw this.refusal(what, `must be an AbortSignal, not ${shown(value)}`)
  }
}

/** `Array.isArray` of a proxy that was revoked throws. */
function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** A value in a few words. Objects are not asked for their text: that is code of the caller. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const start = value.slice(0, SHOWN_CHARS_MAX).replaceAll(UNPRINTABLE, '?')
      return `"${start}${value.length > SHOWN_CHARS_MAX ? '...' : ''}"`
    }
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      return isList(value) ? 'a list' : 'an object'
    default:
      return `a ${typeof value}`
  }
}
