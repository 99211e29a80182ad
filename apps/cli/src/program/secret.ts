import { readFileSync } from 'node:fs'
import { ForgeError } from '@forgeone/common'
import { commandProvider, keyFileProvider, sharesProvider } from '@forgeone/crypto'
import type { ForgeOptions } from '@forgeone/storage-manager'
import type { Terminal } from '../render/terminal.ts'
import { textOption, usageError } from './parse-arguments.ts'
import type { OptionValues } from './options.ts'

const SECRET_FILE_BYTES_MAX = 64 * 1024

export interface SecretRequest {
  readonly options: OptionValues
  readonly terminal: Terminal
  readonly resolvePath: (path: string) => string
  readonly storePath: string
  /** A new store: ask twice. */
  readonly isNew: boolean
}

/**
 * Finds the secret: `--key-file`, `--key-command`, `--shares-file`, `--secret-file`, FORGE_SECRET, then a hidden prompt.
 * Never an argument, which every user of the machine could read in the list of processes.
 * @throws KEY_SECRET_MISSING, KEY_SECRET_WRONG, KEY_SHARES_INVALID, INPUT_NOT_FOUND, INPUT_UNREADABLE, USAGE
 */
export async function findSecret(
  request: SecretRequest,
): Promise<Pick<ForgeOptions, 'secret' | 'keyProvider'>> {
  const { options, terminal, resolvePath, storePath, isNew } = request
  const keyFile = textOption(options, 'key-file')
  if (keyFile !== undefined) return { keyProvider: keyFileProvider(resolvePath(keyFile), { storePath }) }
  const command = textOption(options, 'key-command')
  if (command !== undefined)
    return { keyProvider: commandProvider({ command: commandWords(command, 'key-command') }) }
  const sharesFile = textOption(options, 'shares-file')
  if (sharesFile !== undefined) {
    const lines = readTextFile(resolvePath(sharesFile), 'shares file').split(/\r?\n/)
    return { keyProvider: sharesProvider(lines.filter((line) => line.trim() !== '')) }
  }
  const secretFile = textOption(options, 'secret-file')
  if (secretFile !== undefined) return { secret: readSecretFile(resolvePath(secretFile)) }
  const commandOfEnvironment = process.env['FORGE_KEY_COMMAND'] ?? ''
  if (commandOfEnvironment !== '') {
    return { keyProvider: commandProvider({ command: commandWords(commandOfEnvironment, 'key-command') }) }
  }
  const fromEnvironment = process.env['FORGE_SECRET']
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    delete process.env['FORGE_SECRET']
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

/** The first line of a file. @throws KEY_SECRET_MISSING, INPUT_NOT_FOUND, INPUT_UNREADABLE */
export function readSecretFile(path: string): string {
  const [line = ''] = readTextFile(path, 'secret file').split(/\r?\n/, 1)
  if (line === '')
    throw new ForgeError('KEY_SECRET_MISSING', `the first line of the secret file ${path} is empty`)
  return line
}

function readTextFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, SECRET_FILE_BYTES_MAX)
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new ForgeError(
      isMissing ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE',
      `the ${what} ${path} ${isMissing ? 'does not exist' : 'cannot be read'}`,
      { cause },
    )
  }
}
