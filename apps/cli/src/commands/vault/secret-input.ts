import { ForgeError, utf8Encode } from '@forgeone/common'
import type { CommandContext } from '../../program/command.ts'
import { openStandardInput } from '../../program/open-waiting.ts'
import type { OptionSpec } from '../../program/options.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { readBounded, readSmallInput, type SmallInput } from '../../program/small-input.ts'

/** Above every value and every file of variables: the vault itself says which limit a smaller one passes. */
const VALUE_BYTES_MAX = 4 * 1024 * 1024

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
 * @throws INPUT_NOT_FOUND, INPUT_UNREADABLE, INTERRUPTED, KEY_SECRET_WRONG when two entries differ
 */
export async function readSecretInput({
  options,
  terminal,
  resolvePath,
  signal,
}: CommandContext): Promise<Uint8Array> {
  const file = textOption(options, 'file')
  const input: SmallInput = { bytesMax: VALUE_BYTES_MAX, signal }
  if (file === '-') return await readStandardInput(input)
  if (file !== undefined) return await readSmallInput(resolvePath(file), input)
  if (!terminal.canPrompt) {
    const piped = await readStandardInput(input)
    return piped.at(-1) === 0x0a ? piped.subarray(0, piped.at(-2) === 0x0d ? -2 : -1) : piped
  }
  const value = await terminal.promptHidden('Value: ')
  if ((await terminal.promptHidden('Again: ')) !== value)
    throw new ForgeError('KEY_SECRET_WRONG', 'the two values differ', { hint: 'Type the value again.' })
  return utf8Encode(value)
}

async function readStandardInput(input: SmallInput): Promise<Uint8Array> {
  return await readBounded(openStandardInput(input.signal), 'standard input', input)
}
