export { NODE_VERSION_MIN } from './require-node.ts'
export { ERROR_CODES, type ErrorCode } from './error-codes.ts'
export { ForgeError, isForgeError, type ErrorDetails, type ForgeErrorOptions } from './forge-error.ts'
export { assert, AssertionFailure } from './assert.ts'
export { readArgument } from './read-argument.ts'
export {
  asBuffer,
  compareBytes,
  concatBytes,
  copyBytes,
  EMPTY_BYTES,
  equalBytes,
  fromHex,
  toHex,
  utf8Decode,
  utf8Encode,
} from './bytes.ts'
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'
export { crc32c } from './crc32c.ts'
export {
  canonicalJson,
  JSON_DEPTH_MAX,
  type JsonCompatible,
  type JsonObject,
  type JsonValue,
} from './canonical-json.ts'
export { copyPlain, isReadable, snapshotArguments } from './copy-plain.ts'
export { parseExactJson } from './exact-json.ts'
export { compareDecimals, decimalOf, parseDecimal, type Decimal } from './decimal.ts'
export { ManualClock, systemClock, type Clock } from './clock.ts'
export { SeededRandom, systemRandom, type Random } from './random.ts'
export type { AuditFacts } from './audit-facts.ts'
export type {
  CommitObserver,
  ObservedCommit,
  ObserverRow,
  ObserverStore,
  SealedOperation,
} from './commit-observer.ts'
export { callIsolated, tellProgress } from './call-isolated.ts'
export { isolatedLogger, silentLogger, type Logger, type LogLevel } from './logger.ts'
export { BackgroundWork, type ReportProblem } from './background-work.ts'
export {
  isAbortSignal,
  isBytes,
  isDateObject,
  isError,
  isMapObject,
  isPlainObject,
  isPromise,
  systemCode,
} from './realms.ts'
export { ArgumentCheck } from './argument-check.ts'
export { nearestName } from './nearest-name.ts'
export { systemTimer, type Timer } from './timer.ts'
export {
  VALUE,
  VALUE_METHOD,
  valueMethods,
  type CallbackShape,
  type Conversion,
  type ListShape,
  type MethodShape,
  type ObjectShape,
  type Shape,
  type StreamShape,
  type ValueShape,
} from './shape.ts'
export { eventLoopTurn, Turn } from './turn.ts'
export { Metrics, type MetricReading } from './metrics.ts'
export { refuseOtherMembers } from './other-members.ts'
export { KeyedTurns } from './keyed-turns.ts'
export { Turns } from './turns.ts'
