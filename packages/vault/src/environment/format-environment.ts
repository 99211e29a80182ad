// One text, several readers: bash and POSIX shells that source it, `node --env-file`, npm dotenv. Only what all of them
// read as exactly these characters is written; everything else is refused, since each has escapes of its own.

import { ForgeError } from '@forgeone/common'
import { ENVIRONMENT_BYTES_MAX, type EnvironmentEntry } from './environment-entry.ts'

/** A name that is read, in lower case too; where it comes from a path, it is in capitals. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Names that bash keeps for itself: it refuses them, gives them values of its own, changes how it reads on, or
 * evaluates what is assigned (`RANDOM='a[$(command)]'` runs the command).
 */
const OWN_NAMES_OF_BASH =
  /^(_|BASH.*|COMP_.*|DIRSTACK|EPOCH(REALTIME|SECONDS)|EUID|FUNCNAME|FUNCNEST|GROUPS|HISTCMD|IFS|LINENO|OPTIND|PIPESTATUS|POSIXLY_CORRECT|PPID|PROMPT_COMMAND|PS\d|RANDOM|SECONDS|SHELLOPTS|SRANDOM|TMOUT|UID)$/

/**
 * The text of an `.env` file that bash, `node --env-file`, npm dotenv and `parseEnvironment` read as exactly these
 * values. Sourcing it runs nothing.
 * @throws VAULT_ENV_FORMAT naming the variable, never its value, where these readers would not agree
 */
export function formatEnvironment(entries: readonly EnvironmentEntry[]): string {
  return formatVariables(entries.map((entry) => ({ ...entry, label: entry.name })))
}

/** A variable, and what a refusal calls it. */
export interface LabelledEntry extends EnvironmentEntry {
  readonly label: string
}

/** @throws VAULT_ENV_FORMAT naming the label */
export function formatVariables(entries: readonly LabelledEntry[]): string {
  const names = new Set<string>()
  let text = ''
  for (const { name, value, label } of entries) {
    if (!NAME.test(name)) throw refused(label, 'gives no name of a variable')
    if (OWN_NAMES_OF_BASH.test(name)) throw refused(label, `gives ${name}, which shells keep for themselves`)
    if (names.has(name)) throw refused(label, `gives ${name} a second time`)
    names.add(name)
    text += `${name}=${quote(value, label)}\n`
  }
  if (Buffer.byteLength(text) <= ENVIRONMENT_BYTES_MAX) return text
  throw new ForgeError('VAULT_ENV_FORMAT', `the text would have more than ${ENVIRONMENT_BYTES_MAX} bytes`)
}

function quote(value: string, label: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(value)) return value
  if (value.includes('\0')) throw refused(label, 'holds a NUL, which no variable can hold')
  if (!value.isWellFormed()) throw refused(label, 'is no UTF-8 text')
  if (value.includes('\r'))
    throw refused(label, 'holds a carriage return, which readers of .env files leave out')
  if (!value.includes("'")) {
    // dotenv takes \' for a part of the value where the rest of the text lets it.
    if (!value.endsWith('\\')) return `'${value}'`
    throw refused(label, 'ends in a backslash, which readers of .env files take differently before a quote')
  }
  if (!/["$`\\]/.test(value)) return `"${value}"`
  throw refused(
    label,
    'holds a single quote beside one of " $ ` \\, which readers of .env files take differently',
  )
}

function refused(label: string, reason: string): ForgeError {
  return new ForgeError('VAULT_ENV_FORMAT', `${label} cannot be written to an .env file: it ${reason}`, {
    hint: 'Take it with `forge vault get` or `forge vault run`, or store it as base64.',
  })
}
