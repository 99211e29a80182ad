import { nodeModule } from '../platform/node-modules.ts'

/** How bodies are stored. Where `zstd` is missing, as in browsers, `deflate` takes its place. */
export type CompressionName = 'zstd' | 'deflate' | 'none'

/** Below this, compressing costs more than it saves. */
const COMPRESS_ABOVE_BYTES = 1024
/** A body is stored compressed when it becomes smaller than so much of itself. */
const WORTHWHILE = 0.88
/** First byte of a compressed body: how it was done. */
const METHOD = { zstd: 1, deflate: 2 } as const

interface Zlib {
  zstdCompressSync?(bytes: Uint8Array): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array
  deflateRawSync(bytes: Uint8Array): Uint8Array
  inflateRawSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

const zlib = nodeModule<Zlib>('zlib')

/** @returns undefined when the body is better stored as it is */
export async function compressBody(body: Uint8Array, name: CompressionName): Promise<Uint8Array | undefined> {
  if (name === 'none' || body.length <= COMPRESS_ABOVE_BYTES) return undefined
  const usesZstd = name === 'zstd' && zlib?.zstdCompressSync !== undefined
  const packed = usesZstd ? zlib.zstdCompressSync!(body) : await deflate(body)
  if (packed.length + 1 > WORTHWHILE * body.length) return undefined
  const stored = new Uint8Array(packed.length + 1)
  stored[0] = usesZstd ? METHOD.zstd : METHOD.deflate
  stored.set(packed, 1)
  return stored
}

/** @returns undefined when it is not what {@link compressBody} made of `rawLength` bytes, or needs what is not here */
export async function decompressBody(stored: Uint8Array, rawLength: number): Promise<Uint8Array | undefined> {
  try {
    const packed = stored.subarray(1)
    const body = await decompressed(stored[0], packed, rawLength)
    return body?.length === rawLength ? body : undefined
  } catch {
    return undefined
  }
}

async function decompressed(
  method: number | undefined,
  packed: Uint8Array,
  rawLength: number,
): Promise<Uint8Array | undefined> {
  const limits = { maxOutputLength: Math.max(1, rawLength) }
  if (method === METHOD.zstd) {
    const body = zlib?.zstdDecompressSync?.(packed, limits)
    return body && new Uint8Array(body)
  }
  if (method !== METHOD.deflate) return undefined
  if (zlib !== undefined) return new Uint8Array(zlib.inflateRawSync(packed, limits))
  return await throughStream(packed, new DecompressionStream('deflate-raw'))
}

async function deflate(body: Uint8Array): Promise<Uint8Array> {
  if (zlib !== undefined) return new Uint8Array(zlib.deflateRawSync(body))
  return await throughStream(body, new CompressionStream('deflate-raw'))
}

async function throughStream(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const whole = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(stream)
  return new Uint8Array(await new Response(whole).arrayBuffer())
}
