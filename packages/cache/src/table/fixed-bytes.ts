/** Big-endian fields at fixed places, without Node's Buffer: this also runs in browsers. */
const U32 = 0x1_0000_0000

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function setU48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / U32))
  view.setUint32(offset + 2, value % U32)
}

export function getU48(view: DataView, offset: number): number {
  return view.getUint16(offset) * U32 + view.getUint32(offset + 2)
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, value)
  return bytes
}

export function u48(value: number): Uint8Array {
  const bytes = new Uint8Array(6)
  setU48(viewOf(bytes), 0, value)
  return bytes
}

export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

/** The least key above all keys that begin with `prefix`. A prefix of 0xff bytes alone has none and is not used. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  let length = prefix.length
  while (prefix[length - 1] === 0xff) length--
  const after = prefix.slice(0, length)
  after[length - 1]!++
  return after
}

/** Bytes as a text with one character for each: quickly made, and different for different bytes. */
export function nameOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
