import { ForgeError, isError } from '@forgeone/common'
import { STANDARD_INPUT, type InputFile } from './input-files.ts'

/** Counts what is read, and names the file in an error of reading it. */
export async function* countingBytes(
  chunks: AsyncIterable<Uint8Array>,
  count: { bytes: number },
  label: string,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) {
      count.bytes += chunk.length
      yield chunk
    }
  } catch (cause) {
    // An interrupted input ends here; the import sees its signal and keeps what is committed.
    if (isError(cause) && cause.name === 'AbortError') return
    throw new ForgeError('INPUT_UNREADABLE', `${label} cannot be read`, { cause })
  }
}

/** Under this name sources are told apart by what they hold, wherever they lie. */
const FILES = 'files'

/** How an import tells a file from others. Standard input and pipes cannot be looked at first, so they are always new. */
export function sourceOf(
  file: InputFile,
  { again }: { readonly again: boolean },
): { readonly source?: string } {
  return again || file.path === STANDARD_INPUT || file.bytes === undefined ? {} : { source: FILES }
}
