export { openEvents, openLogs, SHARD_COUNT_MAX, streamDatabases } from './stream/open-streams.ts'
export type { LogStream } from './stream/log-stream.ts'
export type { EventStream } from './stream/event-stream.ts'
export type { EventImportOptions, EventImportResult } from './stream/import-events.ts'
export type { ImportOptions, ImportProgress, ImportResult } from './stream/import-log.ts'
export {
  BLOCK_CACHE_BYTES_DEFAULT,
  type AppendOptions,
  type Bound,
  type ReadOptions,
  type StreamOptions,
  type TailOptions,
} from './stream/stream-options.ts'
export type { TopicMetadata } from './stream/topic-metadata.ts'
export type { ExpectedVersion, VersionCondition } from './append/expected-version.ts'
export type { Receipt } from './append/receipt.ts'
export { APPEND_BYTES_MAX, APPEND_ENTRIES_MAX } from './append/append-limits.ts'
export type { EventInput, EventMessage, LogEntry, LogInput } from './entry/entry.ts'
export { formatPosition, parsePosition, type Position } from './entry/position.ts'
export { parsePriority, PRIORITIES, type EventPriority } from './entry/priority.ts'
export { parseSeverity, SEVERITIES, type LogSeverity } from './entry/severity.ts'
export { BlockCache } from './read/block-cache.ts'
export type { EntryResults } from './read/entry-results.ts'
export type { SearchExplanation, SearchResults } from './read/search-results.ts'
export type { ScanFigures } from './read/scan.ts'
export type { Query } from './query/ast.ts'
export { caretMessage } from './query/caret-message.ts'
export { parseQuery } from './query/parser.ts'
export { printQuery } from './query/printer.ts'
export { decompress } from './import/decompress.ts'
export { LOG_FORMATS, type LogFormat } from './import/line-parser.ts'
export { parseTimeExpression } from './time/time-expression.ts'
export { compileTopicPattern, type TopicPattern } from './topic/topic-pattern.ts'
export { validateTopicName } from './topic/topic-name.ts'
export type { StreamProblem, StreamVerifyReport } from './verify/verify-stream.ts'
