import { valueBytes } from './value-bytes.ts'
import { nodeModule } from '../platform/node-modules.ts'

/** How large values are kept smaller. A value that `pack` gives undefined for is kept as it is. */
export interface Packing<V> {
  /** Values below this many bytes are kept as they are. */
  readonly aboveBytes: number
  pack(value: V): Uint8Array | undefined
  unpack(packed: Uint8Array): V
}

/** A packed value in the place of the value. */
export class Packed {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** The value as it is kept: packed where that makes it smaller. */
export function pack<V>(packing: Packing<V> | undefined, value: V | undefined): V | Packed | undefined {
  if (packing === undefined || value === undefined) return value
  const bytes = valueBytes(value)
  if (bytes <= packing.aboveBytes) return value
  const packed = packing.pack(value)
  return packed === undefined || packed.length >= bytes ? value : new Packed(packed)
}

export function unpack<V>(packing: Packing<V> | undefined, value: V | Packed | undefined): V | undefined {
  // Only a packing makes packed values.
  return value instanceof Packed ? packing!.unpack(value.bytes) : value
}

interface Zlib {
  deflateRawSync(bytes: Uint8Array | string, options: { level: number }): Uint8Array
  inflateRawSync(bytes: Uint8Array): Uint8Array
}

/** Every get of a packed value inflates it: the fastest level is the right one. */
const LEVEL = 1

/** Packing of texts by deflate; undefined outside Node, where nothing deflates synchronously. */
export function textPacking({ aboveBytes }: { readonly aboveBytes: number }): Packing<string> | undefined {
  const zlib = nodeModule<Zlib>('zlib')
  if (zlib === undefined) return undefined
  const decoder = new TextDecoder()
  return {
    aboveBytes,
    // A lone surrogate would come back as another character.
    pack: (text) => (text.isWellFormed() ? zlib.deflateRawSync(text, { level: LEVEL }) : undefined),
    unpack: (packed) => decoder.decode(zlib.inflateRawSync(packed)),
  }
}

/** Packing of byte strings by deflate; undefined outside Node. */
export function bytesPacking({
  aboveBytes,
}: {
  readonly aboveBytes: number
}): Packing<Uint8Array> | undefined {
  const zlib = nodeModule<Zlib>('zlib')
  if (zlib === undefined) return undefined
  return {
    aboveBytes,
    pack: (bytes) => zlib.deflateRawSync(bytes, { level: LEVEL }),
    unpack: (packed) => new Uint8Array(zlib.inflateRawSync(packed)),
  }
}
