/** Signed notes: c2sp.org/signed-note. */
import { decodeBase64, encodeBase64 } from '../format/base64.ts'
import { utf8Encode } from '../format/bytes.ts'
import { parsed, refuse, type Parsed } from '../format/refusal.ts'
import { isKeyName } from './key-name.ts'

/** 16 signatures of 5 kB would not fit; sixteen of today's kinds and a text do. */
export const NOTE_BYTES_MAX: number = 64 * 1024
/** The specification asks for no more. */
export const SIGNATURES_MAX = 16

const KEY_ID_BYTES = 4
const SIGNATURE_PREFIX = '\u2014 '
// oxlint-disable-next-line no-control-regex -- these are what the specification forbids
const CONTROL_CHARACTERS = /[\u0000-\u0009\u000b-\u001f]/

/** One signature line. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  /** Without the key id. */
  readonly signature: Uint8Array
}

/** A note, its signatures not verified. */
export interface SignedNote {
  /** With its final newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Parses strictly; whoever calls verifies the signatures. Refused with `NOTE_FORMAT`. */
export function parseNote(note: string): Parsed<SignedNote> {
  if (note.length > NOTE_BYTES_MAX || utf8Encode(note).length > NOTE_BYTES_MAX)
    return refuse('NOTE_FORMAT', `the note is above ${NOTE_BYTES_MAX} bytes`)
  if (!note.isWellFormed()) return refuse('NOTE_FORMAT', 'the note is not UTF-8')
  if (CONTROL_CHARACTERS.test(note)) return refuse('NOTE_FORMAT', 'the note holds a control character')
  if (!note.endsWith('\n')) return refuse('NOTE_FORMAT', 'the note does not end with a newline')
  const blank = note.lastIndexOf('\n\n')
  if (blank < 1) return refuse('NOTE_FORMAT', 'the note has no text before an empty line')
  const lines = note.slice(blank + 2, -1).split('\n')
  if (lines.length > SIGNATURES_MAX)
    return refuse('NOTE_FORMAT', `the note has more than ${SIGNATURES_MAX} signatures`)
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignatureLine(line)
    if (signature === undefined) return refuse('NOTE_FORMAT', 'a signature line is malformed')
    signatures.push(signature)
  }
  return parsed({ text: note.slice(0, blank + 1), signatures })
}

/** `— name base64(key id | signature)`, without its newline. @returns undefined when it is not one */
export function parseSignatureLine(line: string): NoteSignature | undefined {
  if (!line.startsWith(SIGNATURE_PREFIX)) return undefined
  const [name, text, ...surplus] = line.slice(SIGNATURE_PREFIX.length).split(' ')
  if (name === undefined || text === undefined || surplus.length > 0 || !isKeyName(name)) return undefined
  const bytes = decodeBase64(text)
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined
  const keyId = new DataView(bytes.buffer).getUint32(0)
  return { name, keyId, signature: bytes.slice(KEY_ID_BYTES) }
}

/** A signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const bytes = new Uint8Array(KEY_ID_BYTES + signature.length)
  new DataView(bytes.buffer).setUint32(0, keyId)
  bytes.set(signature, KEY_ID_BYTES)
  return `${SIGNATURE_PREFIX}${name} ${encodeBase64(bytes)}\n`
}

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`
}
