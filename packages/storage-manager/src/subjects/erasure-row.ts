// Rows of erasures in the store's own database: what a request asked for, before anything is destroyed, and what it left.

import { ForgeError, utf8Decode, utf8Encode } from '@forgeone/common'
import {
  isDsseEnvelope,
  isErasureCertificate,
  type DsseEnvelope,
  type ErasureCertificate,
} from '@forgeone/evidence'
import { z } from 'zod'

/** An erasure that a commit told of before it was begun. */
export interface PendingErasure {
  readonly requestId: string
  readonly requestedAt: number
}

/** An erasure that is done: its certificate, signed. */
export interface DoneErasure {
  readonly certificate: ErasureCertificate
  readonly envelope: DsseEnvelope
  /** Of the commit that tells of it, until the certificate has its receipt. */
  readonly sequence?: number | undefined
}

const pendingSchema: z.ZodType<PendingErasure> = z.strictObject({
  requestId: z.string().min(1),
  requestedAt: z.int().min(0),
})

const doneSchema: z.ZodType<DoneErasure> = z.strictObject({
  certificate: z.custom<ErasureCertificate>(isErasureCertificate),
  envelope: z.custom<DsseEnvelope>(isDsseEnvelope),
  sequence: z.int().min(0).optional(),
})

/** What is written is read first: a row that would not parse is refused before its commit. @throws RECORD_TAMPERED */
export function encodePending(pending: PendingErasure): Uint8Array {
  return encoded(pending, decodePending)
}

/** @throws RECORD_TAMPERED */
export function decodePending(bytes: Uint8Array): PendingErasure {
  return parsed(pendingSchema, bytes)
}

/** @throws RECORD_TAMPERED */
export function encodeDone(done: DoneErasure): Uint8Array {
  return encoded(done, decodeDone)
}

/** @throws RECORD_TAMPERED */
export function decodeDone(bytes: Uint8Array): DoneErasure {
  return parsed(doneSchema, bytes)
}

function encoded(value: unknown, decode: (bytes: Uint8Array) => unknown): Uint8Array {
  const bytes = utf8Encode(JSON.stringify(value))
  decode(bytes)
  return bytes
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(utf8Decode(bytes)))
  } catch (cause) {
    throw new ForgeError('RECORD_TAMPERED', 'the row of an erasure has an unknown form', { cause })
  }
}
