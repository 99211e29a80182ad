import { ForgeError, isForgeError } from '@forgeone/common'
import type { Keyring } from '@forgeone/crypto'
import { FLUSH_POINT_NAME, FLUSH_POINT_SEGMENT } from '../commit/flush-controller.ts'
import { shortageOf } from '../database/level-failure.ts'
import { ioFailure } from '../files/io-failure.ts'
import { decodeFlushPoint, encodeFlushPoint, type FlushPoint } from '../format/flush-point.ts'
import type { Health } from '../health/health.ts'
import { journalSealer } from '../journal/journal-reader.ts'
import type { ResolvedOptions } from '../parts/local-store-parts.ts'

/** Undefined for none, and for one that is noted in the health. An unreadable flush point only costs time: every segment that is present is replayed then. */
export async function readFlushPoint(
  resolved: ResolvedOptions,
  keyring: Keyring,
): Promise<FlushPoint | undefined> {
  try {
    const bytes = await resolved.files.read(FLUSH_POINT_NAME)
    if (bytes === undefined) return undefined
    return decodeFlushPoint(bytes, journalSealer(keyring, FLUSH_POINT_SEGMENT))
  } catch (cause) {
    if (shortageOf(cause, 'read the flush point') !== undefined || !isForgeError(ioFailure(cause, 'read')))
      throw cause
    noteFlushPoint(resolved.health, 'is damaged', cause)
    return undefined
  }
}

export function noteFlushPoint(health: Health, reason: string, cause?: unknown): void {
  const message = `the flush point ${reason}; the whole journal was replayed`
  health.note(new ForgeError('JOURNAL_DAMAGED', message, { cause }), FLUSH_POINT_NAME)
}

export async function reopenFlushPoint(
  resolved: ResolvedOptions,
  keyring: Keyring,
  flushPoint: FlushPoint,
): Promise<void> {
  const sealer = journalSealer(keyring, FLUSH_POINT_SEGMENT)
  await resolved.files.replace(FLUSH_POINT_NAME, encodeFlushPoint({ ...flushPoint, closed: false }, sealer))
}

const KEPT_PATTERN = /^flush-point\.(damaged|aside(-\d+)?)$/

/** What openings found in the place of the flush point and kept, of the names in the journal. */
export function keptFlushPoints(journalNames: readonly string[]): readonly string[] {
  return journalNames.filter((name) => KEPT_PATTERN.test(name)).map((name) => `journal/${name}`)
}

export function keptMessage(name: string): string {
  return `an opening found no flush point in its place, and kept what was there as ${name}`
}
