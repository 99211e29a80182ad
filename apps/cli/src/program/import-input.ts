import { open } from 'node:fs/promises'
import { ForgeError, toHex } from '@forgeone/common'
import { sha256 } from '@forgeone/crypto'
import { STANDARD_INPUT, type InputFile } from './input-files.ts'

/** A file that begins with other bytes is another file, whatever its name. */
const FINGERPRINT_BYTES = 1024

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
    if (cause instanceof Error && cause.name === 'AbortError') return
    throw new ForgeError('INPUT_UNREADABLE', `${label} cannot be read`, { cause })
  }
}

/**
 * Names a file by its path and its first line, so that an import goes on after an interruption and takes what
 * was added since. A file that grows keeps its first line; a rotated one gets another.
 * @returns undefined for standard input, and for a file too short to be told from another
 */
export async function sourceName(file: InputFile): Promise<string | undefined> {
  const head = await readHead(file)
  if (head === undefined) return undefined
  const end = head.indexOf(10)
  if (end === -1 && head.length < FINGERPRINT_BYTES) return `${file.path}\0`
  return `${file.path}\0${toHex(sha256(head.subarray(0, end === -1 ? FINGERPRINT_BYTES : end)))}`
}

/** A first line at least this long is an event, and not the bracket that opens a document. */
const EVENT_LINE_BYTES_MIN = 16

/**
 * Names a file of CloudEvents: JSON lines by their first one, as they may grow; a document by its beginning and size,
 * since every document may begin with the same line.
 */
export async function documentName(file: InputFile): Promise<string | undefined> {
  const head = await readHead(file)
  if (head === undefined) return undefined
  const end = head.indexOf(10)
  const isLine = end >= EVENT_LINE_BYTES_MIN
  const fingerprint = toHex(sha256(isLine ? head.subarray(0, end) : head))
  return `cloudevents\0${file.path}\0${fingerprint}${isLine ? '' : `\0${file.bytes ?? ''}`}`
}

async function readHead(file: InputFile): Promise<Uint8Array | undefined> {
  if (file.path === STANDARD_INPUT || file.bytes === undefined) return undefined
  try {
    await using handle = await open(file.path, 'r')
    const { buffer, bytesRead } = await handle.read(
      new Uint8Array(FINGERPRINT_BYTES),
      0,
      FINGERPRINT_BYTES,
      0,
    )
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw new ForgeError('INPUT_UNREADABLE', `${file.path} cannot be read`, { cause })
  }
}
