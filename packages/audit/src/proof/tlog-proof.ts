/** Proofs as text: c2sp.org/tlog-proof. */
import { HASH_BYTES, PROOF_HASHES_MAX } from '@forgeone/merkle'
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { parseDecimal } from '../format/decimal.ts'
import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import { NOTE_BYTES_MAX } from '../note/signed-note.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'
/** The largest note, 63 hashes and a line of extra data. */
export const PROOF_BYTES_MAX: number = NOTE_BYTES_MAX + 16 * 1024

/** A proof before anything of it is verified. */
export interface TlogProof {
  /** Opaque, and not authenticated. */
  readonly extra?: Uint8Array
  readonly index: number
  /** From the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
}

export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const extraLine = extra === undefined ? '' : `extra ${encodeBase64(extra)}\n`
  return `${HEADER}\n${extraLine}index ${index}\n${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`
}

/** Refused with `PROOF_FORMAT`. The checkpoint is not looked into. */
export function parseTlogProof(text: string): Parsed<TlogProof> {
  if (text.length > PROOF_BYTES_MAX)
    return refuse('PROOF_FORMAT', `the proof is above ${PROOF_BYTES_MAX} bytes`)
  const blank = text.indexOf('\n\n')
  if (blank === -1) return refuse('PROOF_FORMAT', 'the proof has no empty line before its checkpoint')
  const [header, ...lines] = text.slice(0, blank).split('\n')
  if (header !== HEADER) return refuse('PROOF_FORMAT', `the proof does not begin with ${HEADER}`)
  const extra = lines[0]?.startsWith('extra ') === true ? decodeBase64(lines.shift()!.slice(6)) : null
  if (extra === undefined) return refuse('PROOF_FORMAT', 'the extra data is not base64')
  const indexLine = lines.shift() ?? ''
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice(6)) : undefined
  if (index === undefined) return refuse('PROOF_FORMAT', 'the proof has no index below 2^53')
  if (lines.length > PROOF_HASHES_MAX)
    return refuse('PROOF_FORMAT', `the proof has more than ${PROOF_HASHES_MAX} hashes`)
  const hashes: Uint8Array[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== HASH_BYTES) return refuse('PROOF_FORMAT', 'a hash is not 32 bytes in base64')
    hashes.push(hash)
  }
  const checkpoint = text.slice(blank + 2)
  return parsed({ ...(extra === null ? {} : { extra }), index, hashes, checkpoint })
}
