import { createHash } from 'node:crypto'
import { canonicalJson, concatBytes, ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import { verifyEd25519, type Signer } from '@forgeone/crypto'
import { z } from 'zod'

/** A signed payload: github.com/secure-systems-lab/dsse. */
export interface DsseEnvelope {
  readonly payloadType: string
  /** base64 */
  readonly payload: string
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
}

const dsseSchema: z.ZodType<DsseEnvelope> = z.strictObject({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z
    .array(z.strictObject({ keyid: z.string(), sig: z.base64() }))
    .min(1)
    .max(16),
})

/** Whether a value has the form of an envelope; its signatures are not verified. */
export function isDsseEnvelope(value: unknown): value is DsseEnvelope {
  return dsseSchema.safeParse(value).success
}

/** What is signed: `DSSEv1 <length> <type> <length> <payload>`, lengths in decimal. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8Encode(payloadType)
  return concatBytes([utf8Encode(`DSSEv1 ${type.length} `), type, utf8Encode(` ${payload.length} `), payload])
}

/** Names a key: SHA-256 of its 32 bytes, hexadecimal. */
export function keyIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex')
}

/** @param signers all of them sign */
export function signDsse(
  { payloadType, value }: { readonly payloadType: string; readonly value: unknown },
  signers: readonly Signer[],
): DsseEnvelope {
  const payload = utf8Encode(canonicalJson(value, { code: 'INTERNAL', what: 'a signed statement' }))
  const message = preAuthenticationEncoding(payloadType, payload)
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: signers.map((signer) => ({
      keyid: keyIdOf(signer.publicKey),
      sig: Buffer.from(signer.sign(message)).toString('base64'),
    })),
  }
}

/**
 * The value inside, when one of the trusted keys signed it.
 * @throws BUNDLE_INVALID
 */
export function verifyDsse(
  text: string,
  { payloadType, publicKeys }: { readonly payloadType: string; readonly publicKeys: readonly Uint8Array[] },
): unknown {
  const envelope = parse(text)
  if (envelope.payloadType !== payloadType)
    throw invalid(`its payload is ${envelope.payloadType}, not ${payloadType}`)
  const payload = new Uint8Array(Buffer.from(envelope.payload, 'base64'))
  const message = preAuthenticationEncoding(payloadType, payload)
  const isSigned = envelope.signatures.some(({ sig }) =>
    publicKeys.some((publicKey) =>
      verifyEd25519({ publicKey, message, signature: new Uint8Array(Buffer.from(sig, 'base64')) }),
    ),
  )
  if (!isSigned) throw invalid('no trusted key has signed it')
  try {
    return JSON.parse(utf8Decode(payload))
  } catch (cause) {
    throw invalid('its payload is not JSON', cause)
  }
}

function parse(text: string): DsseEnvelope {
  try {
    return dsseSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw invalid('it is not a DSSE envelope', cause)
  }
}

function invalid(reason: string, cause?: unknown): ForgeError {
  return new ForgeError('BUNDLE_INVALID', `the signed statement cannot be accepted: ${reason}`, { cause })
}
