import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import { LEAF_CHARACTERS_MAX } from './leaf-limit.ts'
import { PROOF_BYTES_MAX } from './tlog-proof.ts'

/** Steps of an entry's way up to the root of its commit. */
export const ENTRY_PATH_MAX = 64
/** What a proof, a leaf and an entry's path may take, escaped. */
export const RECEIPT_BYTES_MAX: number = 2 * PROOF_BYTES_MAX

/** Leads from one run of entries to the root over the entries of its commit, which stands in the leaf. */
export interface EntryPart {
  /** Hash of the run, 32 bytes in base64. */
  readonly hash: string
  /** Place of the run among the `size` runs of the commit. */
  readonly index: number
  readonly size: number
  /** RFC 6962 audit path from the run to the root, each 32 bytes in base64. */
  readonly path: readonly string[]
  /** What the hash is of, in base64: the run's bytes, behind the 00 of RFC 6962. Left out, the hash stands for itself. */
  readonly content?: string
}

/** What an auditor is given: all that it takes to verify one commit, or one run of its entries, but the public key. */
export interface Receipt {
  readonly format: 'forge-receipt'
  readonly version: 1
  /** RFC 8785 text. */
  readonly leaf: string
  /** As of c2sp.org/tlog-proof. */
  readonly proof: string
  readonly entry?: EntryPart
}

/** One JSON document. */
export function formatReceipt({ leaf, proof, entry }: Receipt): string {
  const receipt: Receipt = {
    format: 'forge-receipt',
    version: 1,
    leaf,
    proof,
    ...(entry === undefined ? {} : { entry }),
  }
  return `${JSON.stringify(receipt)}\n`
}

/** Refused with `PROOF_FORMAT`. Neither leaf nor proof are looked into. */
export function parseReceipt(text: string): Parsed<Receipt> {
  if (text.length > RECEIPT_BYTES_MAX)
    return refuse('PROOF_FORMAT', `the receipt is above ${RECEIPT_BYTES_MAX} characters`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('PROOF_FORMAT', 'the receipt is not JSON')
  }
  return checkReceipt(value)
}

const RECEIPT_MEMBERS: ReadonlySet<string> = new Set(['format', 'version', 'leaf', 'proof', 'entry'])

/** Refused with `PROOF_FORMAT`. */
export function checkReceipt(value: unknown): Parsed<Receipt> {
  if (!isMembers(value) || value['format'] !== 'forge-receipt')
    return refuse('PROOF_FORMAT', 'this is not a forge-receipt')
  if (value['version'] !== 1) return refuse('PROOF_FORMAT', 'the receipt has an unknown version')
  if (Object.keys(value).some((name) => !RECEIPT_MEMBERS.has(name)))
    return refuse('PROOF_FORMAT', 'the receipt has an unknown member')
  const { leaf, proof, entry } = value
  if (typeof leaf !== 'string' || leaf.length > LEAF_CHARACTERS_MAX)
    return refuse('PROOF_FORMAT', 'the receipt holds no leaf, or one that is too long')
  if (typeof proof !== 'string') return refuse('PROOF_FORMAT', 'the receipt holds no proof')
  if (entry === undefined) return parsed({ format: 'forge-receipt', version: 1, leaf, proof })
  if (!isEntryPart(entry)) return refuse('PROOF_FORMAT', 'the entry part of the receipt is malformed')
  return parsed({ format: 'forge-receipt', version: 1, leaf, proof, entry })
}

const ENTRY_MEMBERS: ReadonlySet<string> = new Set(['hash', 'index', 'size', 'path', 'content'])

type Members = Readonly<Record<string, unknown>>

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEntryPart(value: unknown): value is EntryPart {
  if (!isMembers(value)) return false
  const { hash, index, size, path, content } = value
  if (Object.keys(value).some((name) => !ENTRY_MEMBERS.has(name))) return false
  if (content !== undefined && typeof content !== 'string') return false
  if (typeof hash !== 'string' || !Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return false
  return (
    Array.isArray(path) && path.length <= ENTRY_PATH_MAX && path.every((step) => typeof step === 'string')
  )
}
