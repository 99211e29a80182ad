import { AssertionFailure, ForgeError, isError } from '@forgeone/common'
import { caretMessage } from '@forgeone/streams'
import { printableJson, printableText } from '../render/printable.ts'
import type { Terminal } from '../render/terminal.ts'

/** Writes what went wrong to standard error: code, sentence and next step. */
export function reportError(terminal: Pick<Terminal, 'json'>, error: unknown): void {
  const known =
    error instanceof ForgeError ? error : new ForgeError('INTERNAL', foreignReason(error), { cause: error })
  const { code, hint } = known
  const message = withCaret(known)
  if (terminal.json)
    process.stderr.write(`${printableJson(JSON.stringify({ error: { code, message, hint } }))}\n`)
  else process.stderr.write(printableText(`forge: ${message} [${code}]\n       ${hint}\n`))
  if (process.env['FORGE_DEBUG'] !== undefined && isError(error))
    process.stderr.write(printableText(`${error instanceof ForgeError ? error.stack : framesOf(error)}\n`))
}

/**
 * What may be said of an error that is not ours. Its own text may hold a secret: Node.js repeats in it the values that
 * it refuses. Its kind, its code and the call of the operating system that failed hold none.
 */
function foreignReason(error: unknown): string {
  if (error instanceof AssertionFailure) return error.message
  if (!isError(error)) return 'something that is no error was thrown'
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (isWord(code) && isWord(syscall)) return `${code}: ${syscall}${path === undefined ? '' : ` ${path}`}`
  const kind = isWord(error.name) ? error.name : 'Error'
  return `an unexpected ${kind}${isWord(code) ? ` (${code})` : ''}; FORGE_DEBUG=1 shows where`
}

function isWord(text: unknown): text is string {
  return typeof text === 'string' && /^\w{1,64}$/.test(text)
}

/** The places of a stack without the text in front of them. */
function framesOf(error: Error): string {
  const { stack = '', message } = error
  const at = message === '' ? -1 : stack.indexOf(message)
  const frames = (at < 0 ? stack : stack.slice(at + message.length))
    .split('\n')
    .filter((line) => /^ {4}at .*[:(][^ ]*\d+:\d+\)?$/.test(line))
  return [error.name, ...frames].join('\n')
}

/** Shows the place in a query that was not understood. */
function withCaret(error: ForgeError): string {
  const { offset, query } = error.details
  return typeof offset === 'number' && typeof query === 'string'
    ? `${error.message}\n${caretMessage(query, offset)}`
    : error.message
}
