export { eventsFacility, logsFacility, type StreamFacilityOptions } from './facility/stream-facilities.ts'
export { topicResource } from './facility/topic-resource.ts'
export { openEvents, openLogs, placedEntries, SHARD_COUNT_MAX, streamDatabases } from './face/open-streams.ts'
export type { LogStream } from './face/log-stream.ts'
export type { EventStream, StorableEvent } from './face/event-stream.ts'
export type { EventFormat, EventImportOptions, EventImportResult } from './face/import-events.ts'
export type { ImportOptions, ImportProgress, ImportResult } from './face/import-log.ts'
export {
  BLOCK_CACHE_BYTES_DEFAULT,
  type AppendOptions,
  type Bound,
  type EventAppendOptions,
  type ReadOptions,
  type StreamOptions,
  type TailOptions,
} from './stream/stream-options.ts'
export type { TopicMetadata } from './stream/topic-metadata.ts'
export type { ExpectedVersion, VersionCondition } from './append/expected-version.ts'
export type { Receipt } from './append/receipt.ts'
export { CROSSING_RECEIPT } from './append/receipt.ts'
export {
  APPEND_BYTES_MAX,
  APPEND_ENTRIES_MAX,
  IDEMPOTENCY_ROWS_MAX,
  IDEMPOTENCY_WINDOW_MS,
} from './append/append-limits.ts'
export { EventTopic, type TopicEvents } from './typed/event-topic.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './typed/standard-schema.ts'
export type { EventInput, EventMessage, EventPayload, LogEntry, LogInput } from './entry/entry.ts'
export { formatPosition, parsePosition, type Position } from './entry/position.ts'
export { parsePriority, PRIORITIES, type EventPriority } from './entry/priority.ts'
export { parseSeverity, SEVERITIES, type LogSeverity } from './entry/severity.ts'
export type { Checkpoint } from './group/checkpoint-row.ts'
export type { Checkpoints } from './group/checkpoints.ts'
export type { AckOptions, Delivery, NackOptions } from './group/delivery.ts'
export type { EventGroups, GroupInfo } from './group/event-groups.ts'
export type { EventBound, EventReadOptions, EventTailOptions } from './group/event-reads.ts'
export type { DeliveryPolicy, GroupOrder } from './group/group-definition.ts'
export type { GroupLag, PatternLag } from './group/group-lag.ts'
export type {
  BatchHandler,
  DeliveryHandler,
  GroupOptions,
  GroupStart,
  SubscribeOptions,
} from './group/group-options.ts'
export type { Subscription } from './group/subscription.ts'
export type { EntryProof } from './proof/entry-proof.ts'
export { readRunContent, type RunEntries } from './proof/read-run-content.ts'
export { verifyEntryProof, type ProofCheck } from './proof/verify-entry-proof.ts'
export type { UpcastDefinition, UpcastSubject } from './upcast/upcast-step.ts'
export { BlockCache } from './read/block-cache.ts'
export type { EntryResults } from './read/entry-results.ts'
export type { SearchExplanation, SearchResults } from './read/search-results.ts'
export type { ScanFigures } from './read/scan-request.ts'
export type { Query, QueryPipe } from './query/ast.ts'
export type { TableRow } from './query/table.ts'
export { caretMessage } from './syntax/caret-message.ts'
export { parseQuery } from './query/parser.ts'
export { printQuery } from './query/printer.ts'
export type { CompactionOptions, CompactionOutcome, CompactionProgress } from './compact/compactor.ts'
export type { RetentionRuleEntry } from './retain/retention-rules.ts'
export type { Retention, TopicSettings } from './shard/topic-settings.ts'
export type { TopicOperations } from './stream/topic-operations.ts'
export type { RetentionOptions, TopicRemoval } from './stream/topic-maintenance.ts'
export type { ColdBytes } from './compact/cold-bytes.ts'
export { decompress } from './import/decompress.ts'
export { LOG_FORMATS, type LogFormat } from './import/lines/line-parser.ts'
export { formatDuration, parseDuration } from './time/duration.ts'
export { parseTimeExpression } from './time/time-expression.ts'
export { compileTopicPattern, type TopicPattern } from './topic/topic-pattern.ts'
export { validateTopicName } from './topic/topic-name.ts'
export type { PlacedEntries, StreamProblem, StreamVerifyReport } from './verify/verify-stream.ts'
