import { nodeModule } from './node-modules.ts'

interface NodeCrypto {
  hash(algorithm: string, bytes: Uint8Array, encoding: 'buffer'): Uint8Array
  createHmac(algorithm: string, key: Uint8Array): { update(bytes: Uint8Array): { digest(): Uint8Array } }
}

const crypto = nodeModule<NodeCrypto>('crypto')
const HMAC_SHA256 = { name: 'HMAC', hash: 'SHA-256' } as const

/** SHA-256 by Node where there is Node, by Web Crypto elsewhere. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  if (crypto !== undefined) return new Uint8Array(crypto.hash('sha256', bytes, 'buffer'))
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', owned(bytes)))
}

export async function hmacSha256(key: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  if (crypto !== undefined) return new Uint8Array(crypto.createHmac('sha256', key).update(bytes).digest())
  const { subtle } = globalThis.crypto
  const imported = await subtle.importKey('raw', owned(key), HMAC_SHA256, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', imported, owned(bytes)))
}

/** Web Crypto takes no views of shared memory. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
