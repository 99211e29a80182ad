import { equalBytes, ForgeError } from '@forgeone/common'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'

/** What a comparison asks of a log. */
export interface AnchoredLog {
  readonly size: number
  rootAt(size: number): Promise<Uint8Array>
  /** Names it was signed under before somebody accepted that it goes on otherwise; notes of them bind it no more. */
  readonly endedOrigins: ReadonlySet<string>
}

/**
 * Compares a log with a note that was kept elsewhere. One of an ended origin is evidence of what was, and says nothing here.
 * @returns the size that the note is about
 * @throws AUDIT_ROLLBACK when the note has more leaves, AUDIT_FORK when its root is another, NOTE_FORMAT, AUDIT_DIVERGED
 */
export async function compareWithAnchor(log: AnchoredLog, note: string): Promise<number> {
  const anchor = parseCheckpoint(note)
  if (!anchor.ok) throw new ForgeError(anchor.code, `a note of the anchor cannot be read: ${anchor.detail}`)
  const { origin, size, root } = anchor.value
  if (log.endedOrigins.has(origin)) return size
  if (size > log.size)
    throw new ForgeError('AUDIT_ROLLBACK', `an anchor is about ${size} leaves, the log has ${log.size}`, {
      details: { anchored: size, size: log.size },
    })
  if (size > 0 && !equalBytes(await log.rootAt(size), root))
    throw new ForgeError('AUDIT_FORK', `an anchor has another root for the first ${size} leaves`, {
      details: { anchored: size, size: log.size },
    })
  return size
}
