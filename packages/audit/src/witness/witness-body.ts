/** The body of `add-checkpoint`: c2sp.org/tlog-witness. */
import { HASH_BYTES, PROOF_HASHES_MAX } from '@forgeone/merkle'
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { parseDecimal } from '../format/decimal.ts'
import { NOTE_BYTES_MAX } from '../note/signed-note.ts'

/** A note, 63 hashes and a line. */
export const WITNESS_BODY_BYTES_MAX: number = NOTE_BYTES_MAX + 4096

export interface AddCheckpointRequest {
  /** Size of the checkpoint that the proof begins at. */
  readonly oldSize: number
  readonly hashes: readonly Uint8Array[]
  readonly checkpoint: string
}

export function formatAddCheckpoint({ oldSize, hashes, checkpoint }: AddCheckpointRequest): string {
  return `old ${oldSize}\n${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`
}

/** @returns undefined when the body is malformed or above a limit */
export function parseAddCheckpoint(body: string): AddCheckpointRequest | undefined {
  if (body.length > WITNESS_BODY_BYTES_MAX) return undefined
  const blank = body.indexOf('\n\n')
  if (blank === -1) return undefined
  const [first = '', ...lines] = body.slice(0, blank).split('\n')
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice(4)) : undefined
  if (oldSize === undefined || lines.length > PROOF_HASHES_MAX) return undefined
  const hashes: Uint8Array[] = []
  for (const line of lines) {
    const hash = decodeBase64(line)
    if (hash?.length !== HASH_BYTES) return undefined
    hashes.push(hash)
  }
  return { oldSize, hashes, checkpoint: body.slice(blank + 2) }
}
