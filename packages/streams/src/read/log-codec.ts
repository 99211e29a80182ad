import type { JsonObject } from '@forgeone/common'
import type { LogEntry } from '../entry/entry.ts'
import { LogRecord } from '../entry/log-record.ts'
import { severityFromCode } from '../entry/severity.ts'
import type { EntryCodec } from './entry-codec.ts'

const NO_METADATA: JsonObject = Object.freeze({})

export const logCodec: EntryCodec<LogEntry> = {
  rows: 'logs',
  decode({ block, row, topic }, id) {
    const metadata = block.metadataOf(row)
    const checkpointMarker = block.markerOf(row)
    return new LogRecord({
      id,
      topic,
      timestamp: block.timestampOf(row),
      severity: severityFromCode(block.levelOf(row)),
      message: block.textOf(row),
      // Written by us as canonical JSON of a plain object.
      metadata: metadata === undefined ? NO_METADATA : (JSON.parse(metadata) as JsonObject),
      ...(checkpointMarker === undefined ? undefined : { checkpointMarker }),
    })
  },
}
