import { ByteWriter } from '@forgeone/common'
import { damaged } from './damage.ts'

/** Bytes of strings back to back, kept out of the stream of the model where there are too many for its speed. */
export class StringHeap {
  readonly #writer: ByteWriter | undefined
  readonly #bytes: Uint8Array
  #at = 0

  /** @param source the bytes to read from, borrowed; undefined collects them */
  constructor(source: Uint8Array | undefined) {
    this.#writer = source === undefined ? new ByteWriter(65_536) : undefined
    this.#bytes = source ?? new Uint8Array(0)
  }

  /** Appends the string, or returns the next one. @throws STREAM_BLOCK_DAMAGED */
  string(value: Uint8Array | undefined, length: number): Uint8Array {
    if (this.#writer !== undefined && value !== undefined) {
      this.#writer.bytes(value)
      return value
    }
    if (length > this.#bytes.length - this.#at) throw damaged('strings that end too early')
    this.#at += length
    // A copy of its own: equal strings are told apart by identity, and an empty view must not be shared.
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  finish(): Uint8Array {
    return this.#writer?.view() ?? this.#bytes
  }
}
