import { createHash, hash } from 'node:crypto'
import { ByteWriter, type SealedOperation } from '@forgeone/common'

const TYPE_DELETE = 0
const TYPE_PUT = 1
/** Up to here everything is copied into one buffer and hashed at once; above, copying costs more than it saves. */
const ONE_SHOT_BYTES_MAX = 64 * 1024

/** Filled and hashed within one call. */
const scratch = new ByteWriter(ONE_SHOT_BYTES_MAX)

/**
 * SHA-256 over `lp(database) | type u8 | lp(key) | lp(sealed)` of each operation, in order, as base64url.
 * A delete has type 0 and no sealed value; its `lp` is four zero bytes.
 */
export function operationsDigest(operations: readonly SealedOperation[]): string {
  let bytes = 0
  for (const operation of operations) {
    bytes += operation.key.length + 128
    if (operation.type === 'put') bytes += operation.sealed.length
  }
  return bytes <= ONE_SHOT_BYTES_MAX ? digestAtOnce(operations) : digestInParts(operations)
}

function digestAtOnce(operations: readonly SealedOperation[]): string {
  scratch.reset()
  for (const operation of operations) {
    writeHead(scratch, operation)
    if (operation.type === 'put') scratch.prefixed(operation.sealed)
    else scratch.u32(0)
  }
  return hash('sha256', scratch.view(), 'base64url')
}

function digestInParts(operations: readonly SealedOperation[]): string {
  const hasher = createHash('sha256')
  for (const operation of operations) {
    const isPut = operation.type === 'put'
    writeHead(scratch.reset(), operation)
    hasher.update(scratch.u32(isPut ? operation.sealed.length : 0).view())
    if (isPut) hasher.update(operation.sealed)
  }
  return hasher.digest('base64url')
}

function writeHead(writer: ByteWriter, { type, database, key }: SealedOperation): void {
  const lengthAt = writer.length
  writer.u32(0).utf8(database)
  writer.patchU32(lengthAt, writer.length - lengthAt - 4)
  writer.u8(type === 'put' ? TYPE_PUT : TYPE_DELETE).prefixed(key)
}
