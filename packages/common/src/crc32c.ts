/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), sliced by four tables. */
const [T0, T1, T2, T3] = createTables()

/** Signed, since V8 computes 32-bit integers as they are but boxes larger ones. */
function createTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    first[byte] = value
  }
  const next = (table: Int32Array): Int32Array => table.map((value) => (value >>> 8) ^ first[value & 0xff]!)
  const second = next(first)
  const third = next(second)
  return [first, second, third, next(third)]
}

/** @param seed the result for the bytes before, to checksum a message in parts */
export function crc32c(bytes: Uint8Array, seed: number = 0): number {
  const whole = bytes.length - (bytes.length % 4)
  let crc = ~seed
  let index = 0
  for (; index < whole; index += 4) {
    crc ^= bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24)
    crc = T3[crc & 0xff]! ^ T2[(crc >>> 8) & 0xff]! ^ T1[(crc >>> 16) & 0xff]! ^ T0[crc >>> 24]!
  }
  for (; index < bytes.length; index++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[index]!) & 0xff]!
  return ~crc >>> 0
}
