import { isUtf8 } from 'node:buffer'
import { fstatSync } from 'node:fs'
import { ForgeError, isForgeError, utf8Decode } from '@forgeone/common'
import { readSmallFile } from '@forgeone/common/files'
import { descriptorOfPath, openWaiting } from './open-waiting.ts'

export interface SmallInput {
  /** What the file is for, as an error names it; nothing when its path says enough. */
  readonly what?: string
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/**
 * A small file that the user names: a regular one, or a descriptor of this process such as `/dev/stdin`.
 * @throws INPUT_NOT_FOUND, INPUT_UNREADABLE for what is of another kind or above the bound, INTERRUPTED
 */
export async function readSmallInput(path: string, input: SmallInput): Promise<Uint8Array> {
  const named = namedInput(path, input)
  let bytes: Uint8Array | undefined
  try {
    if (isHandedStream(path)) return await readBounded(openWaiting(path, input.signal), named, input)
    bytes = await readSmallFile(path, input)
  } catch (cause) {
    if (isForgeError(cause, 'INPUT_UNREADABLE', 'INTERRUPTED')) throw cause
    const reason = isForgeError(cause) ? cause.message.replace(/^.* is not read: /s, ': ') : ''
    throw new ForgeError('INPUT_UNREADABLE', `${named} cannot be read${reason}`, { cause })
  }
  if (bytes === undefined) throw new ForgeError('INPUT_NOT_FOUND', `${named} does not exist`)
  return bytes
}

/** @throws as `readSmallInput`, INPUT_UNREADABLE for bytes that are no text */
export async function readSmallText(path: string, input: SmallInput): Promise<string> {
  return textOfInput(await readSmallInput(path, input), namedInput(path, input))
}

/**
 * Bytes that are no text would be replaced, and a secret of replaced ones opens nothing, or is a weaker one. A byte order
 * mark tells how a file is encoded and is no part of it. @throws INPUT_UNREADABLE
 */
export function textOfInput(bytes: Uint8Array, named: string): string {
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new ForgeError('INPUT_UNREADABLE', `${named} cannot be read: it is no text in UTF-8`, {
      hint: 'Save it as UTF-8. A key of random bytes belongs into a file for --key-file.',
    })
  return utf8Decode(bytes).replace(/^\uFEFF/, '')
}

function namedInput(path: string, { what }: Pick<SmallInput, 'what'>): string {
  return what === undefined ? path : `the ${what} ${path}`
}

/** Everything that a stream gives, up to the bound. @throws INPUT_UNREADABLE, INTERRUPTED */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array>,
  named: string,
  { bytesMax, signal }: SmallInput,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of chunks) {
      parts.push(chunk)
      length += chunk.length
      if (length > bytesMax) break
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw new ForgeError('INPUT_UNREADABLE', `${named} cannot be read`, { cause })
  }
  if (length <= bytesMax) return new Uint8Array(Buffer.concat(parts))
  throw new ForgeError('INPUT_UNREADABLE', `${named} cannot be read: it has more than ${bytesMax} bytes`)
}

/** A descriptor of a regular file is read like any other. */
function isHandedStream(path: string): boolean {
  const descriptor = descriptorOfPath(path)
  return descriptor !== undefined && !fstatSync(descriptor).isFile()
}
