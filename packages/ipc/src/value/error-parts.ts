import {
  ForgeError,
  isForgeError,
  type ErrorCode,
  type ErrorDetails,
  type ForgeErrorOptions,
} from '@forgeone/common'
import { ERROR_KIND } from './tag.ts'

/** Errors of the language that are made anew as what they were. */
const NATIVE = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const
/** Of a chain of causes. */
const CAUSES_MAX = 4

/** An error as plain data: kind, name, message, code, hint, details and cause. Its stack stays at home: it tells places. */
export type ErrorParts = readonly [
  kind: number,
  name: string,
  message: string,
  code: string | undefined,
  hint: string | undefined,
  details: ErrorDetails | undefined,
  cause: unknown,
]

export const ERROR_PARTS = 7

export function errorParts(error: Error, causes: number = CAUSES_MAX): ErrorParts {
  const name = String(error.name)
  const message = String(error.message)
  const cause = causeOf(error, causes)
  if (isForgeError(error)) {
    return [ERROR_KIND.FORGE, name, message, error.code, error.hint, error.details, cause]
  }
  const { code } = error as { readonly code?: unknown }
  // Errors of the operating system and of Node.js have codes; those of a DOMException are numbers that follow from its name.
  const text = typeof code === 'string' ? code : undefined
  return [kindOf(error, name), name, message, text, undefined, undefined, cause]
}

function kindOf(error: Error, name: string): number {
  if (Object.prototype.toString.call(error) === '[object DOMException]') return ERROR_KIND.DOM
  return Object.hasOwn(NATIVE, name) ? ERROR_KIND.NATIVE : ERROR_KIND.OTHER
}

/** As an error of the same parts, or not at all: a cause may hold anything. */
function causeOf({ cause }: Error, causes: number): unknown {
  if (causes === 0 || typeof cause !== 'object' || cause === null) return undefined
  if (!(Object.prototype.toString.call(cause) === '[object Error]')) return undefined
  return errorOf(errorParts(cause as Error, causes - 1))
}

/** @param parts checked by whoever read them: text where text is expected */
export function errorOf([kind, name, message, code, hint, details, cause]: ErrorParts): Error {
  const caused = cause === undefined ? undefined : { cause }
  if (kind === ERROR_KIND.FORGE) {
    const options: ForgeErrorOptions = {
      ...caused,
      ...(details === undefined ? {} : { details }),
      ...(hint === undefined ? {} : { hint }),
    }
    // A newer version of the other side may have codes that this one does not know.
    return new ForgeError(code as ErrorCode, message, options)
  }
  if (kind === ERROR_KIND.DOM) return new DOMException(message, name)
  const Native = Object.hasOwn(NATIVE, name) ? NATIVE[name as keyof typeof NATIVE] : Error
  const error = new Native(message, caused)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (code !== undefined) Object.defineProperty(error, 'code', { value: code, enumerable: true })
  return error
}
