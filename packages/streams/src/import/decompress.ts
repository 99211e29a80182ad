import { concatBytes, EMPTY_BYTES, ForgeError, systemCode } from '@forgeone/common'
import { expandGzip, GZIP_MAGIC } from './expand-gzip.ts'
import { expandZstd } from './expand-zstd.ts'

/** How a source is compressed, as its first bytes say. */
export type Compression = 'gzip' | 'zstd' | 'none'

/** Enough bytes to tell the formats apart. */
const MAGIC_BYTES = 6
/** What the decoder takes by default, 2^27 bytes: the memory that a source may ask for. */
const ZSTD_WINDOW_MIB_MAX = 128
/** RFC 8878 3.1.1. */
const ZSTD_MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)

/** RFC 8878 3.1.2: what a decoder passes over; the byte before is 0x50 to 0x5f. */
const ZSTD_SKIPPABLE_MAGIC = Uint8Array.of(0x2a, 0x4d, 0x18)

/** What is not read, by its first bytes: stored as lines nobody would ever find it. */
const FOREIGN: readonly (readonly [name: string, command: string, magic: readonly number[]])[] = [
  ['compressed with xz', 'xz -dc FILE', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['compressed with bzip2', 'bzip2 -dc FILE', [0x42, 0x5a, 0x68]],
  ['compressed with lz4', 'lz4 -dc FILE', [0x04, 0x22, 0x4d, 0x18]],
  ['a zip archive', 'unzip -p FILE', [0x50, 0x4b, 0x03, 0x04]],
  ['text in UTF-32', 'iconv -f UTF-32 -t UTF-8 FILE', [0xff, 0xfe, 0, 0]],
  ['text in UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE', [0xff, 0xfe]],
  ['text in UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE', [0xfe, 0xff]],
]

/** So much of a source is looked at, and no more is waited for than its first bytes. */
const LOOKED_AT_BYTES = 4096
/** Less is too little to judge by. */
const JUDGED_BYTES_MIN = 32
/** Every second byte of text in UTF-16 is zero, every fourth begins a run of zeros in UTF-32; files of programs have many. */
const ZERO_RUNS_SHARE_MAX = 0.05

/** Zeros between other bytes; a hole, as a truncated file has one, is one run however long. */
function hasScatteredZeros(head: Uint8Array): boolean {
  const bytes = head.subarray(0, LOOKED_AT_BYTES)
  const begin = bytes.findIndex((byte) => byte !== 0)
  if (begin === -1 || bytes.length - begin < JUDGED_BYTES_MIN) return false
  let runs = 0
  for (let at = begin + 1; at < bytes.length; at++) if (bytes[at] === 0 && bytes[at - 1] !== 0) runs++
  return runs > (bytes.length - begin) * ZERO_RUNS_SHARE_MAX
}

/** The compression that the first bytes of a source show. */
export function detectCompression(head: Uint8Array): Compression {
  if (startsWith(head, GZIP_MAGIC)) return 'gzip'
  const isSkippable = head[0]! >> 4 === 5 && startsWith(head.subarray(1), ZSTD_SKIPPABLE_MAGIC)
  return startsWith(head, ZSTD_MAGIC) || isSkippable ? 'zstd' : 'none'
}

/** @throws INPUT_UNREADABLE for what is known, and not read */
function refuseForeign(head: Uint8Array): void {
  for (const [name, command, magic] of FOREIGN) {
    if (!startsWith(head, Uint8Array.from(magic))) continue
    const hint = `Convert it first: ${command} | forge logs import -`
    throw new ForgeError('INPUT_UNREADABLE', `it is ${name}, which is not read`, { hint })
  }
}

/** @throws INPUT_UNREADABLE */
function refuseScatteredZeros(head: Uint8Array): void {
  if (!hasScatteredZeros(head)) return
  const hint =
    'If it is text in UTF-16, convert it first: iconv -f UTF-16LE -t UTF-8 FILE | forge logs import -'
  throw new ForgeError(
    'INPUT_UNREADABLE',
    'it has zeros between its bytes: it is text in UTF-16 or UTF-32, or no text',
    { hint },
  )
}

/**
 * Passes a source on, decompressed when its first bytes are those of gzip or zstd; several members in a row are one
 * source. Memory stays bounded by the chunks.
 * @throws INPUT_UNREADABLE when the compressed data is damaged or ends too early, behind everything that could be read of it, or
 *   when it is of another kind; errors of the source pass unchanged
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  const head = await readHead(iterator)
  refuseForeign(head)
  const compression = detectCompression(head)
  const source = joined(head, iterator)
  if (compression === 'none') refuseScatteredZeros(head)
  if (compression === 'none') yield* source
  else yield* expand(source, compression === 'gzip' ? expandGzip : expandZstd)
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = EMPTY_BYTES
  while (head.length < MAGIC_BYTES) {
    const next = await iterator.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : concatBytes([head, next.value])
  }
  return head
}

async function* joined(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (head.length > 0) yield head
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

/** Decompresses, and tells damage of the data from a failure of its source. */
async function* expand(
  source: AsyncIterable<Uint8Array>,
  decode: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { readonly cause: unknown } | undefined
  const watched = watch(source, (cause) => {
    failure = { cause }
  })
  try {
    yield* decode(watched)
  } catch (cause) {
    if (failure !== undefined) throw failure.cause
    throw refusal(cause)
  }
}

/** Data that asks for what is not given is whole all the same; the decoder tells the two apart. */
function refusal(cause: unknown): ForgeError {
  const code = systemCode(cause) ?? ''
  if (/windowTooLarge|frameParameter_unsupported/.test(code)) {
    return new ForgeError(
      'INPUT_UNREADABLE',
      `the zstd data needs a window above the ${ZSTD_WINDOW_MIB_MAX} MiB that is read`,
      { cause, hint: 'Decompress it first (zstd -d --long=31), or compress it with --long=27 or less.' },
    )
  }
  if (/dictionary/i.test(code)) {
    return new ForgeError('INPUT_UNREADABLE', 'the zstd data needs a dictionary, which is not given', {
      cause,
      hint: 'Decompress it first with its dictionary (zstd -d -D FILE).',
    })
  }
  return new ForgeError('INPUT_UNREADABLE', 'the compressed data is damaged or ends too early', { cause })
}

async function* watch(
  source: AsyncIterable<Uint8Array>,
  onFailure: (cause: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source
  } catch (cause) {
    onFailure(cause)
    throw cause
  }
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, place) => bytes[place] === byte)
}
