import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { ForgeError, utf8Encode } from '@forgeone/common'
import type { CommandContext } from '../../program/command.ts'
import type { OptionSpec } from '../../program/options.ts'
import { textOption } from '../../program/parse-arguments.ts'

export const VALUE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    description: 'take the value from a file, byte for byte; - for standard input',
  },
}

/**
 * A secret value: from `--file`, from a hidden prompt, or piped in. Never from an argument. One line end at the end of
 * what is piped in is left out, since `echo` adds it; `--file -` takes it as it is.
 * @throws INPUT_NOT_FOUND, INPUT_UNREADABLE, KEY_SECRET_WRONG when two entries differ
 */
export async function readSecretInput({
  options,
  terminal,
  resolvePath,
}: CommandContext): Promise<Uint8Array> {
  const file = textOption(options, 'file')
  if (file === '-') return new Uint8Array(await buffer(process.stdin))
  if (file !== undefined) return await readFileBytes(resolvePath(file))
  if (!terminal.canPrompt) {
    const piped = new Uint8Array(await buffer(process.stdin))
    return piped.at(-1) === 0x0a ? piped.subarray(0, piped.at(-2) === 0x0d ? -2 : -1) : piped
  }
  const value = await terminal.promptHidden('Value: ')
  if ((await terminal.promptHidden('Again: ')) !== value)
    throw new ForgeError('KEY_SECRET_WRONG', 'the two values differ', { hint: 'Type the value again.' })
  return utf8Encode(value)
}

async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const reason = isMissing ? 'does not exist' : 'cannot be read'
    throw new ForgeError(isMissing ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE', `${path} ${reason}`, { cause })
  }
}
