import { ForgeError } from '@forgeone/common'
import { commandProvider, keyFileProvider, sharesProvider } from '@forgeone/crypto'
import type { ForgeOptions } from '@forgeone/storage-manager'
import type { Terminal } from '../render/terminal.ts'
import { textOption, usageError } from './parse-arguments.ts'
import type { OptionValues } from './options.ts'
import { readSmallText } from './small-input.ts'

const SECRET_FILE_BYTES_MAX = 64 * 1024

export interface SecretRequest {
  readonly options: OptionValues
  readonly terminal: Terminal
  readonly resolvePath: (path: string) => string
  readonly storePath: string
  /** A new store: ask twice. */
  readonly isNew: boolean
  /** Ends the waiting for a file that is a pipe. */
  readonly signal: AbortSignal
}

/**
 * Finds the secret: `--key-file`, `--key-command`, `--shares-file`, `--secret-file`, FORGE_SECRET, then a hidden prompt.
 * Never an argument, which every user of the machine could read in the list of processes.
 * @throws KEY_SECRET_MISSING, KEY_SECRET_WRONG, KEY_SHARES_INVALID, INPUT_NOT_FOUND, INPUT_UNREADABLE, INTERRUPTED, USAGE
 */
export async function findSecret(
  request: SecretRequest,
): Promise<Pick<ForgeOptions, 'secret' | 'keyProvider'>> {
  const { options, terminal, resolvePath, storePath, isNew, signal } = request
  const keyFile = textOption(options, 'key-file')
  if (keyFile !== undefined) return { keyProvider: keyFileProvider(resolvePath(keyFile), { storePath }) }
  const command = textOption(options, 'key-command')
  if (command !== undefined)
    return { keyProvider: commandProvider({ command: commandWords(command, 'key-command') }) }
  const sharesFile = textOption(options, 'shares-file')
  if (sharesFile !== undefined) {
    const lines = (await readTextFile(resolvePath(sharesFile), 'shares file', signal)).split(/\r?\n/)
    return { keyProvider: sharesProvider(lines.filter((line) => line.trim() !== '')) }
  }
  const secretFile = textOption(options, 'secret-file')
  if (secretFile !== undefined) return { secret: await readSecretFile(resolvePath(secretFile), signal) }
  const commandOfEnvironment = process.env['FORGE_KEY_COMMAND'] ?? ''
  if (commandOfEnvironment !== '') {
    return { keyProvider: commandProvider({ command: commandWords(commandOfEnvironment, 'key-command') }) }
  }
  const fromEnvironment = process.env['FORGE_SECRET']
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    delete process.env['FORGE_SECRET']
    // Node.js has replaced what was no UTF-8 by then.
    if (fromEnvironment.includes('\uFFFD'))
      throw new ForgeError('INPUT_UNREADABLE', 'FORGE_SECRET is no text in UTF-8', {
        hint: 'Set it in a shell whose locale is UTF-8, or give a file with --secret-file.',
      })
    return { secret: fromEnvironment }
  }
  if (!terminal.canPrompt)
    throw new ForgeError('KEY_SECRET_MISSING', 'no secret was given and there is no terminal to ask on')
  const secret = await terminal.promptHidden('Secret: ')
  if (isNew && (await terminal.promptHidden('Again:  ')) !== secret)
    throw new ForgeError('KEY_SECRET_WRONG', 'the two secrets differ')
  return { secret }
}

/** Program and arguments, parted by blanks: no shell reads them, so there are no quotes either. @throws USAGE */
export function commandWords(text: string, option: string): readonly [string, ...string[]] {
  const [program, ...words] = text.trim().split(/\s+/)
  if (program === undefined || program === '') throw usageError(`--${option} names no program`)
  return [program, ...words]
}

/** The first line of a file. @throws KEY_SECRET_MISSING, INPUT_NOT_FOUND, INPUT_UNREADABLE, INTERRUPTED */
export async function readSecretFile(path: string, signal: AbortSignal): Promise<string> {
  const [line = ''] = (await readTextFile(path, 'secret file', signal)).split(/\r?\n/, 1)
  if (line === '')
    throw new ForgeError('KEY_SECRET_MISSING', `the first line of the secret file ${path} is empty`)
  return line
}

async function readTextFile(path: string, what: string, signal: AbortSignal): Promise<string> {
  return await readSmallText(path, { what, bytesMax: SECRET_FILE_BYTES_MAX, signal })
}
