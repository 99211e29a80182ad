/** Fields of disk structures, which are little-endian unless their names say otherwise. */
export class Fields {
  readonly #view: DataView
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(at: number): number {
    return this.#view.getUint8(at)
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true)
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true)
  }

  u32Big(at: number): number {
    return this.#view.getUint32(at)
  }

  u16Big(at: number): number {
    return this.#view.getUint16(at)
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, true)
  }

  ascii(at: number, length: number): string {
    let text = ''
    for (const byte of this.#bytes.subarray(at, at + length)) text += String.fromCharCode(byte)
    return text
  }

  bytes(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length)
  }
}
