import { generateKeyPairSync } from 'node:crypto'
import { assert, ForgeError, readArgument, utf8Encode, type Random } from '@forgeone/common'

export type GeneratedKind = 'bytes' | 'password' | 'uuid' | 'ed25519'

const LENGTH_DEFAULT = 32
const LENGTH_MIN = 8
const LENGTH_MAX = 1024
/** 64 characters, so that six random bits choose one without bias; none needs quoting in a shell or a URL. */
const PASSWORD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * A new secret: random bytes, a password, a UUID of version 4, or an Ed25519 private key (PKCS #8, PEM).
 * @param o.length of bytes or password; 8 to 1,024, default 32
 * @throws VAULT_LIMIT
 */
export function generateSecret(
  o: { readonly kind: GeneratedKind; readonly length?: number | undefined },
  random: Random,
): Uint8Array {
  const { kind, length } = readArgument('VAULT_LIMIT', () => {
    const { kind: of, length: long = LENGTH_DEFAULT } = Object(o) as typeof o
    return { kind: of, length: long }
  })
  if (!Number.isInteger(length) || length < LENGTH_MIN || length > LENGTH_MAX) {
    throw new ForgeError(
      'VAULT_LIMIT',
      `a generated secret has ${LENGTH_MIN} to ${LENGTH_MAX} characters or bytes`,
    )
  }
  switch (kind) {
    case 'bytes':
      return random.bytes(length)
    case 'password':
      return utf8Encode(Array.from(random.bytes(length), (byte) => PASSWORD_ALPHABET[byte & 63]).join(''))
    case 'uuid':
      return utf8Encode(uuidOf(random.bytes(16)))
    case 'ed25519':
      // Node draws this key itself: its seed is nothing a replay should know.
      return utf8Encode(
        generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      )
    default:
      // What types rule out and callers without types give.
      throw new ForgeError('VAULT_LIMIT', 'a secret is generated as bytes, password, uuid or ed25519')
  }
}

/** RFC 9562 5.4: four bits of version, two of variant. */
function uuidOf(bytes: Uint8Array): string {
  assert(bytes.length === 16, 'a UUID has 16 bytes')
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
