/** Timestamped cosignatures of checkpoints: c2sp.org/tlog-cosignature. */
import { concatBytes, utf8Encode } from '../format/bytes.ts'
import { SIGNATURE_TYPE_ML_DSA_44, verifySignature, type VerifierKey } from '../note/verifier-key.ts'
import type { Checkpoint } from './checkpoint.ts'

const TIMESTAMP_BYTES = 8
/** The specification's: 2^63 - 1. */
const TIMESTAMP_MAX = 0x7fff_ffff_ffff_ffffn
/** Names and origins stand behind one byte of length. */
const NAME_BYTES_MAX = 255

/** What a witness signs with Ed25519: two lines of its own and the whole text of the checkpoint. */
export function cosignedMessage({ text, seconds }: { text: string; seconds: bigint }): Uint8Array {
  return utf8Encode(`cosignature/v1\ntime ${seconds}\n${text}`)
}

/**
 * What a cosigner signs with ML-DSA-44: `label 12 | lp8(cosigner) | timestamp u64 | lp8(origin) | start u64 = 0 |
 * size u64 | root 32`.
 * @returns undefined when a name is too long
 */
export function subtreeMessage(o: {
  readonly cosigner: string
  readonly seconds: bigint
  readonly head: Pick<Checkpoint, 'origin' | 'size' | 'root'>
}): Uint8Array | undefined {
  const cosigner = utf8Encode(o.cosigner)
  const origin = utf8Encode(o.head.origin)
  if (cosigner.length > NAME_BYTES_MAX || origin.length > NAME_BYTES_MAX) return undefined
  const parts = [
    utf8Encode('subtree/v1\n\0'),
    Uint8Array.of(cosigner.length),
    cosigner,
    u64(o.seconds),
    Uint8Array.of(origin.length),
    origin,
    u64(0n),
    u64(BigInt(o.head.size)),
    o.head.root,
  ]
  return concatBytes(parts)
}

/** `timestamp u64 | signature`: what stands behind the key id in a signature line. */
export function joinCosignature({
  seconds,
  signature,
}: {
  seconds: bigint
  signature: Uint8Array
}): Uint8Array {
  return concatBytes([u64(seconds), signature])
}

/** @returns when it was signed, in seconds since 1970; undefined when it is not a valid cosignature */
export function verifyCosignature(o: {
  readonly key: VerifierKey
  readonly checkpoint: Checkpoint
  readonly cosignature: Uint8Array
}): bigint | undefined {
  const { key, checkpoint, cosignature } = o
  if (cosignature.length <= TIMESTAMP_BYTES) return undefined
  const seconds = new DataView(cosignature.buffer, cosignature.byteOffset).getBigUint64(0)
  if (seconds > TIMESTAMP_MAX) return undefined
  const isMlDsa = key.type === SIGNATURE_TYPE_ML_DSA_44
  // Only the newer kind may leave the time out.
  if (seconds === 0n && !isMlDsa) return undefined
  const message = isMlDsa
    ? subtreeMessage({ cosigner: key.name, seconds, head: checkpoint })
    : cosignedMessage({ text: checkpoint.note.text, seconds })
  if (message === undefined) return undefined
  const signature = cosignature.subarray(TIMESTAMP_BYTES)
  return verifySignature({ key, message, signature }) ? seconds : undefined
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}
