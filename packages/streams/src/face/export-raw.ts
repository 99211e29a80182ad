import type { LogEntry } from '../entry/entry.ts'
import type { EntryResults } from '../read/entry-results.ts'
import { rawLine } from './import-log.ts'

/** Raw bytes are handed over in pieces of about this size. */
const EXPORT_CHUNK_BYTES = 64 * 1024

/** The lines that imported entries came from, end to end. */
export async function* exportRaw(entries: EntryResults<LogEntry>): AsyncGenerator<Uint8Array> {
  let lines: Uint8Array[] = []
  let bytes = 0
  for await (const batch of entries.batches()) {
    for (const entry of batch) {
      const line = rawLine(entry)
      lines.push(line)
      bytes += line.length
    }
    if (bytes < EXPORT_CHUNK_BYTES) continue
    yield Buffer.concat(lines)
    lines = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(lines)
}
