/** The text of a checkpoint: c2sp.org/tlog-checkpoint. */
import { HASH_BYTES } from '@forgeone/merkle'
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { parseDecimal } from '../format/decimal.ts'
import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import { parseNote, type SignedNote } from '../note/signed-note.ts'

/** What a log states about itself: its first `size` leaves have this root. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/** A tree head as it was signed; the signatures are not verified. */
export interface Checkpoint extends TreeHead {
  readonly note: SignedNote
}

/** Without extension lines, as we write them. */
export function formatTreeHead({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`
}

/** Refused with `NOTE_FORMAT`. Extension lines are taken, and mean nothing to us. */
export function parseCheckpoint(noteText: string): Parsed<Checkpoint> {
  const note = parseNote(noteText)
  if (!note.ok) return note
  const [origin = '', sizeText = '', rootText = '', ...rest] = note.value.text.split('\n')
  // The text ends with a newline, so the last piece is empty and no other may be.
  if (origin === '' || rest.pop() !== '' || rest.includes(''))
    return refuse('NOTE_FORMAT', 'the checkpoint has fewer than three lines, or an empty one')
  const size = parseDecimal(sizeText)
  if (size === undefined) return refuse('NOTE_FORMAT', 'the tree size is not a decimal number below 2^53')
  const root = decodeBase64(rootText)
  if (root?.length !== HASH_BYTES) return refuse('NOTE_FORMAT', 'the root is not 32 bytes in base64')
  return parsed({ origin, size, root, note: note.value })
}
