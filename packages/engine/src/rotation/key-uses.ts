import { ForgeError } from '@forgeone/common'
import { readSealedHeader } from '@forgeone/crypto'
import { FLUSH_POINT_NAME } from '../commit/flush-controller.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_NAME_PATTERN } from '../format/segment-header.ts'
import { FRAME_HEADER_BYTES } from '../format/frame.ts'
import { SegmentScanner } from '../journal/segment-scanner.ts'
import type { KeyUseCounts } from '../port/key-use-counts.ts'
import type { LocalStoreParts } from '../parts/local-store-parts.ts'

/**
 * Counts the sealed values of every key, by reading the clear headers of everything stored. Nothing may be written
 * under an older key meanwhile, which holds from the rotation on.
 * @throws DATABASE_OFFLINE when a database cannot be counted
 */
export async function countKeyUses(parts: LocalStoreParts): Promise<KeyUseCounts> {
  const [offline] = parts.offline.values()
  if (offline !== undefined) throw offline
  const counts = new Map<number, Map<string, number>>()
  const count = (place: string, sealed: Uint8Array): void => {
    const { keyId } = readSealedHeader(sealed)
    const places = counts.get(keyId) ?? new Map<string, number>()
    counts.set(keyId, places.set(place, (places.get(place) ?? 0) + 1))
  }
  for (const database of parts.online.values()) {
    for await (const page of database.sealedPages({}))
      for (const { value } of page) count(database.name, value)
  }
  await countJournal(parts, (sealed) => count('journal', sealed))
  return counts
}

async function countJournal({ files }: LocalStoreParts, count: (sealed: Uint8Array) => void): Promise<void> {
  const flushPoint = await files.read(FLUSH_POINT_NAME)
  if (flushPoint !== undefined) count(flushPoint)
  for (const name of (await files.listJournal()).filter((each) => SEGMENT_NAME_PATTERN.test(each))) {
    const file = await files.openJournalFile(name, { create: false })
    try {
      const header = decodeSegmentHeader(await file.read(0, SEGMENT_HEADER_BYTES))
      if (header === 'short' || header === 'damaged' || header === 'newer') {
        throw new ForgeError('JOURNAL_DAMAGED', `segment ${name} has no valid header`)
      }
      const scanner = new SegmentScanner(file, header)
      for (let next = await scanner.next(); next.kind === 'frame'; next = await scanner.next()) {
        count(next.frame.subarray(FRAME_HEADER_BYTES))
      }
    } finally {
      await file.close()
    }
  }
}
