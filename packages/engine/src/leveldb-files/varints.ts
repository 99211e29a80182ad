/** LevelDB's little-endian base-128 numbers, read from a cursor that fails softly. */
export class VarintCursor {
  readonly #bytes: Uint8Array
  offset = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.failed || this.offset >= this.#bytes.length
  }

  number(): number {
    let value = 0
    let unit = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) break
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
      unit *= 0x80
    }
    this.failed = true
    return 0
  }

  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.offset) {
      this.failed = true
      return new Uint8Array(0)
    }
    this.offset += length
    return this.#bytes.subarray(this.offset - length, this.offset)
  }

  prefixed(): Uint8Array {
    return this.bytes(this.number())
  }
}
