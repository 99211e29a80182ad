import { policyOfKey, verifyReceipt, type LeafFacts, type VerifierKey } from '@forgeone/audit/verify'
import { isForgeError } from '@forgeone/common'
import { verifyDsse } from '../signed/dsse.ts'
import { readVerifierKeys } from '../signed/verifier-keys.ts'
import {
  CERTIFICATE_TYPE,
  digestOfCertificate,
  isErasureCertificate,
  type ErasureCertificate,
} from './erasure-certificate.ts'

/** What is to be said of a certificate of an erasure. */
export interface CertificateVerdict {
  readonly ok: boolean
  /** Why it is not accepted. */
  readonly problem?: string
  readonly certificate?: ErasureCertificate
  /** The commit that tells of the erasure, when the certificate has its receipt. */
  readonly leaf?: { readonly index: number; readonly time: number }
}

/**
 * Checks a signed certificate with nothing but the store's keys; its receipt too, where it has one. Never throws for what
 * is wrong with it.
 * @param o.envelope the DSSE envelope, as text
 * @param o.vkey verifier keys of the store, one a line, from elsewhere
 */
export function verifyCertificate({
  envelope,
  vkey,
}: {
  readonly envelope: string
  readonly vkey: string
}): CertificateVerdict {
  const keys = readVerifierKeys(vkey)
  if (keys.length === 0) return refused('there is no readable verifier key')
  let value: unknown
  try {
    const publicKeys = keys.map(({ publicKey }) => publicKey)
    value = verifyDsse(envelope, { payloadType: CERTIFICATE_TYPE, publicKeys })
  } catch (error) {
    if (isForgeError(error, 'BUNDLE_INVALID')) return refused(error.message)
    throw error
  }
  if (!isErasureCertificate(value)) return refused('it is no certificate of this version')
  const certificate = value
  if (certificate.receipt === undefined) return { ok: true, certificate }
  const leaf = leafOf(certificate, keys)
  if (leaf === undefined) return refused('its receipt does not prove its leaf under a trusted key')
  if (!tellsOf(leaf, certificate)) return refused('its receipt is of a leaf that tells of something else')
  return { ok: true, certificate, leaf: { index: leaf.sequence, time: leaf.time } }
}

function leafOf({ receipt }: ErasureCertificate, keys: readonly VerifierKey[]): LeafFacts | undefined {
  for (const key of keys) {
    const verdict = verifyReceipt(receipt!, policyOfKey(key))
    if (verdict.ok) return verdict.leaf
  }
  return undefined
}

function tellsOf({ action, context }: LeafFacts, certificate: ErasureCertificate): boolean {
  return action === 'subject.erased' && context?.['certificate'] === digestOfCertificate(certificate)
}

function refused(problem: string): CertificateVerdict {
  return { ok: false, problem }
}
