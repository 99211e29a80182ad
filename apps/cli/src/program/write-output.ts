import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ForgeError } from '@forgeone/common'
import type { Terminal } from '../render/terminal.ts'

export interface OutputRequest {
  readonly chunks: AsyncIterable<Uint8Array | string>
  readonly terminal: Terminal
  /** A file; standard output when absent or `-`. */
  readonly output: string | undefined
  readonly resolvePath: (path: string) => string
}

/** Streams chunks to a file or standard output. @throws IO_FAILED */
export async function writeChunks({ chunks, terminal, output, resolvePath }: OutputRequest): Promise<void> {
  if (output === undefined || output === '-') {
    for await (const chunk of chunks) await terminal.print(chunk)
    return
  }
  const path = resolvePath(output)
  try {
    await pipeline(Readable.from(chunks, { objectMode: true }), createWriteStream(path, { mode: 0o600 }))
  } catch (cause) {
    if (cause instanceof ForgeError) throw cause
    throw new ForgeError('IO_FAILED', `${path} cannot be written`, { cause })
  }
  terminal.note(`wrote ${path}`)
}

/** Entries as JSON lines, a chunk a batch. */
export async function* jsonLines(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map((entry) => `${JSON.stringify(entry)}\n`).join('')
}

/** One write for about so many characters of lines. */
const CHUNK_CHARACTERS = 64 * 1024

/** Texts as lines, a chunk many. */
export async function* textLines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const text of texts) {
    chunk += `${text}\n`
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
