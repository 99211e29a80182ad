import { createHash } from 'node:crypto'
import type { Receipt } from '@forgeone/audit'
import { canonicalJson } from '@forgeone/common'
import type { ErasureRecord } from '@forgeone/crypto'
import { z } from 'zod'

/** What still holds something of a subject, and until when. */
export interface Residual {
  readonly where: string
  readonly what: string
  readonly until: string
}

/** Tells that what belongs to a subject cannot be read any more. It names the subject by a pseudonym made for it alone. */
export interface ErasureCertificate {
  readonly format: 'forge-erasure'
  readonly version: 1
  readonly requestId: string
  readonly subject: string
  readonly requestedAt: number
  readonly erasedAt: number
  readonly shredKeys: number
  readonly bucketKeysDestroyed: readonly number[]
  readonly postScan: { readonly opened: number }
  readonly residuals: readonly Residual[]
  /** Of the leaf that tells of the erasure. Certificates of before have none, nor those of a log that could sign nothing. */
  readonly receipt?: Receipt | undefined
}

const certificateSchema: z.ZodType<ErasureCertificate> = z.strictObject({
  format: z.literal('forge-erasure'),
  version: z.literal(1),
  requestId: z.string(),
  subject: z.string(),
  requestedAt: z.int(),
  erasedAt: z.int(),
  shredKeys: z.int().min(0),
  bucketKeysDestroyed: z.array(z.int()),
  postScan: z.strictObject({ opened: z.int().min(0) }),
  residuals: z.array(z.strictObject({ where: z.string(), what: z.string(), until: z.string() })),
  // Looked into by its own verifier.
  receipt: z.custom<Receipt>().optional(),
})

/** Whether a value is a certificate of this version; its receipt is not looked into. */
export function isErasureCertificate(value: unknown): value is ErasureCertificate {
  return certificateSchema.safeParse(value).success
}

export const CERTIFICATE_TYPE = 'application/vnd.forge-erasure+json'

const RESIDUALS: readonly Residual[] = [
  {
    where: 'backups of the keys',
    what: 'bucket keys of before, with which an old copy of the data could still be read',
    until: 'those backups are gone',
  },
  {
    where: 'blind indexes',
    what: 'truncated keyed hashes of indexed values',
    until: 'the rows that bear them are removed',
  },
]

/** What the leaf says of a certificate: SHA-256, hexadecimal, of its text without the receipt, which leads to the leaf. */
export function digestOfCertificate(certificate: ErasureCertificate): string {
  const { receipt: _, ...told } = certificate
  const text = canonicalJson(told, { code: 'INTERNAL', what: 'a certificate' })
  return createHash('sha256').update(text).digest('hex')
}

export function certificateOf(o: {
  readonly requestId: string
  readonly subject: string
  readonly requestedAt: number
  readonly opened: number
  readonly record: ErasureRecord
}): ErasureCertificate {
  const { requestId, subject, requestedAt, opened, record } = o
  return {
    format: 'forge-erasure',
    version: 1,
    requestId,
    subject,
    requestedAt,
    erasedAt: record.doneMs,
    shredKeys: record.shredKeys,
    bucketKeysDestroyed: record.bucketKeysDestroyed,
    postScan: { opened },
    residuals: RESIDUALS,
  }
}
