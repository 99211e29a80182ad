/**
 * A binary arithmetic coder (carry-less, 32 bits). One class codes and decodes, so that a model is written once:
 * `bit` takes the bit to code and returns it, or takes anything and returns the bit read.
 */
const INITIAL_BYTES = 4096
/** The decoder may look this far past its end: the coder leaves out trailing zero bytes. */
const FLUSH_BYTES = 4

export class BinaryCoder {
  readonly isDecoder: boolean
  #bytes: Uint8Array
  #at = 0
  // Unsigned numbers kept as signed ones, which the engine need not box.
  #low = 0
  #high = -1
  #code = 0

  /** @param source the bytes to decode; undefined makes a coder */
  constructor(source: Uint8Array | undefined) {
    this.isDecoder = source !== undefined
    this.#bytes = source ?? new Uint8Array(INITIAL_BYTES)
    if (source === undefined) return
    for (let count = 0; count < FLUSH_BYTES; count++) this.#code = (this.#code << 8) | this.#nextByte()
  }

  /** @param oneShare probability that the bit is 1, in 65,536ths, from 1 to 65,535 */
  bit(bit: number, oneShare: number): number {
    const low = this.#low
    const range = this.#high - low
    const middle =
      (low + Math.imul(range >>> 16, oneShare) + (Math.imul(range & 0xffff, oneShare) >>> 16)) | 0
    const coded = this.isDecoder ? (this.#code >>> 0 <= middle >>> 0 ? 1 : 0) : bit
    if (coded === 1) this.#high = middle
    else this.#low = (middle + 1) | 0
    // A first byte that both bounds share is final.
    if (((this.#low ^ this.#high) & 0xff00_0000) === 0) this.#shift()
    return coded
  }

  /** Bytes coded or read so far. */
  get length(): number {
    return this.#at
  }

  /** True when a decoder has read further than a coder can have written. */
  get isExhausted(): boolean {
    return this.isDecoder && this.#at > this.#bytes.length + FLUSH_BYTES
  }

  /** What was coded; the coder must not be used afterwards. */
  finish(): Uint8Array {
    // The shortest number inside the interval: its further bytes are read as zero.
    let tail = 0
    for (let bytes = 0; bytes <= FLUSH_BYTES; bytes++) {
      const unit = 256 ** (FLUSH_BYTES - bytes)
      tail = Math.ceil((this.#low >>> 0) / unit) * unit
      if (tail > this.#high >>> 0) continue
      for (let count = 0; count < bytes; count++) {
        this.#writeByte(Math.floor(tail / 0x100_0000))
        tail = (tail % 0x100_0000) * 256
      }
      break
    }
    return this.#bytes.slice(0, this.#at)
  }

  #shift(): void {
    do {
      if (this.isDecoder) this.#code = (this.#code << 8) | this.#nextByte()
      else this.#writeByte(this.#high >>> 24)
      this.#low <<= 8
      this.#high = (this.#high << 8) | 0xff
    } while (((this.#low ^ this.#high) & 0xff00_0000) === 0)
  }

  #nextByte(): number {
    const at = this.#at++
    return at < this.#bytes.length ? this.#bytes[at]! : 0
  }

  #writeByte(byte: number): void {
    if (this.#at === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[this.#at++] = byte
  }
}
