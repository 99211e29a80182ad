import { ForgeError } from '@forgeone/common'
import { commandProvider, keyFileProvider, passphraseProvider, type KeyProvider } from '@forgeone/crypto'
import type { CommandContext } from '../../program/command.ts'
import type { OptionSpec } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { commandWords, readSecretFile } from '../../program/secret.ts'

/** Where a new secret comes from; without any of these it is asked for at the prompt. */
export const NEW_SECRET_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'new-secret-file': {
    type: 'string',
    value: 'FILE',
    description: 'file whose first line is the new secret (or FORGE_NEW_SECRET, or a prompt)',
  },
  'new-key-file': { type: 'string', value: 'FILE', description: 'file with a 32-byte key as the new secret' },
  'new-key-command': {
    type: 'string',
    value: 'COMMAND',
    description:
      'program and arguments that wrap and unwrap the key; wrap or unwrap is added as last argument',
  },
}

/**
 * The secret that a command adds, never taken from an argument.
 * @throws USAGE, KEY_SECRET_MISSING, KEY_SECRET_WEAK, KEY_SECRET_WRONG, INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function newProvider({
  options,
  terminal,
  resolvePath,
  store,
  signal,
}: CommandContext): Promise<KeyProvider> {
  const named = Object.keys(NEW_SECRET_OPTIONS).filter((name) => options[name] !== undefined)
  if (named.length > 1) throw usageError(`give one new secret, not ${named.length}`)
  const keyFile = textOption(options, 'new-key-file')
  if (keyFile !== undefined) return keyFileProvider(resolvePath(keyFile), { storePath: store.path() })
  const command = textOption(options, 'new-key-command')
  if (command !== undefined) return commandProvider({ command: commandWords(command, 'new-key-command') })
  const secretFile = textOption(options, 'new-secret-file')
  if (secretFile !== undefined)
    return passphraseProvider(await readSecretFile(resolvePath(secretFile), signal))
  const fromEnvironment = process.env['FORGE_NEW_SECRET'] ?? ''
  if (fromEnvironment !== '') {
    delete process.env['FORGE_NEW_SECRET']
    return passphraseProvider(fromEnvironment)
  }
  if (!terminal.canPrompt) {
    throw new ForgeError('KEY_SECRET_MISSING', 'no new secret was given and there is no terminal to ask on', {
      hint: 'Add --new-secret-file, --new-key-file or --new-key-command.',
    })
  }
  const secret = await terminal.promptHidden('New secret: ')
  if ((await terminal.promptHidden('Again:      ')) !== secret)
    throw new ForgeError('KEY_SECRET_WRONG', 'the two secrets differ')
  return passphraseProvider(secret)
}
