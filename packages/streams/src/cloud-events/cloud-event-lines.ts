import { isUtf8 } from 'node:buffer'
import {
  ForgeError,
  isForgeError,
  parseExactJson,
  utf8Decode,
  utf8Encode,
  type JsonValue,
} from '@forgeone/common'
import { LineSplitter, type LineSlice } from '../import/lines/line-splitter.ts'

/** A document that is not one event a line is held in memory as a whole. */
export const CLOUD_EVENT_DOCUMENT_BYTES_MAX: number = 64 * 1024 * 1024
/** Lines are handed on in pieces of about this size. */
const CHUNK_BYTES = 64 * 1024

/**
 * Brings CloudEvents of any framing into one form, an event a line: JSON lines of events and of batches, or one JSON
 * document over several lines. The same source always gives the same lines, so that an import can go on in them.
 * @throws STREAM_VALUE_INVALID with `details.line`, which counts events
 */
export async function* cloudEventLines(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const framing = new Framing()
  const slices: LineSlice[] = []
  const splitter = new LineSplitter((slice) => slices.push(slice), CLOUD_EVENT_DOCUMENT_BYTES_MAX)
  for await (const chunk of chunks) {
    splitter.push(chunk)
    for (const slice of slices.splice(0)) framing.addLine(slice)
    if (framing.isFull) yield framing.take()
  }
  // A source that was broken off ends anywhere.
  if (signal?.aborted === true) return
  splitter.flush()
  for (const slice of slices.splice(0)) framing.addLine(slice)
  framing.finish()
  yield framing.take()
}

class Framing {
  #lines: string[] = []
  #characters = 0
  /** Lines of a document that began with one that is no JSON by itself. */
  #document: string[] | undefined
  #documentBytes = 0
  #events = 0

  get isFull(): boolean {
    return this.#characters >= CHUNK_BYTES
  }

  addLine({ source, start, end, continued }: LineSlice): void {
    const bytes = source.subarray(start, end)
    if (!isUtf8(bytes)) throw this.#fault('is no UTF-8 text')
    const isFirst = this.#events === 0 && this.#document === undefined
    const text = isFirst ? utf8Decode(bytes).replace(/^\uFEFF/, '') : utf8Decode(bytes)
    if (continued) throw this.#fault(`takes more than ${CLOUD_EVENT_DOCUMENT_BYTES_MAX} bytes`)
    if (this.#document !== undefined) this.#addToDocument(this.#document, text)
    else if (text.trim() !== '') this.#addText(text)
  }

  finish(): void {
    if (this.#document === undefined) return
    const value = this.#parsed(this.#document.join('\n'))
    if (value === undefined) throw this.#fault('is not JSON')
    this.#addValue(value)
  }

  take(): Uint8Array {
    const bytes = utf8Encode(this.#lines.join(''))
    this.#lines = []
    this.#characters = 0
    return bytes
  }

  #addText(text: string): void {
    const value = this.#parsed(text)
    if (value !== undefined) this.#addValue(value)
    else if (this.#events > 0) throw this.#fault('is not JSON')
    else this.#addToDocument((this.#document = []), text)
  }

  #addToDocument(document: string[], text: string): void {
    this.#documentBytes += text.length + 1
    if (this.#documentBytes > CLOUD_EVENT_DOCUMENT_BYTES_MAX)
      throw this.#fault(
        `is not JSON by itself, and what follows takes more than ${CLOUD_EVENT_DOCUMENT_BYTES_MAX} bytes`,
      )
    document.push(text)
  }

  #addValue(value: JsonValue): void {
    for (const event of Array.isArray(value) ? (value as readonly JsonValue[]) : [value]) {
      const line = `${JSON.stringify(event)}\n`
      this.#lines.push(line)
      this.#characters += line.length
      this.#events++
    }
  }

  /** @returns undefined for what is no JSON @throws STREAM_VALUE_INVALID for JSON that would not be kept as it is */
  #parsed(text: string): JsonValue | undefined {
    const line = this.#events + 1
    try {
      return parseExactJson(text, { code: 'STREAM_VALUE_INVALID', what: `event ${line}` })
    } catch (cause) {
      if (isForgeError(cause) && isJson(text)) throw this.#fault(cause.message.slice(`event ${line} `.length))
      return undefined
    }
  }

  #fault(reason: string): ForgeError {
    const line = this.#events + 1
    return new ForgeError('STREAM_VALUE_INVALID', `event ${line} ${reason}`, { details: { line } })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
