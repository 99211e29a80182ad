export { Forge } from './manager/forge.ts'
export type { EventTopic, StandardSchema } from '@forgeone/streams'
export type { Transaction, TransactionAppendOptions, TransactionResult } from './transaction/transaction.ts'
export { TRANSACTION_CALLS_MAX } from './transaction/collect-transaction.ts'
export { CHECKPOINTS_MAX, type CheckpointInfo } from './checkpoint/checkpoint-register.ts'
export type { AccessControl, NewGrant, PrincipalInfo } from './access/access-control.ts'
export type { TokenInfo } from './access/tokens.ts'
export type { AccessDecision } from './access/evaluate.ts'
export type { ForgeHandle } from './manager/forge-as.ts'
export { BREAK_GLASS_MS_MAX, GRANTS_PER_HOLDER_MAX, HOLDERS_MAX, type Grant } from './access/grant.ts'
export { WEEKDAYS, type GrantHours, type Weekday } from './access/grant-hours.ts'
export { ROLES } from './access/roles.ts'
export type { Background, JobFigures } from '@forgeone/engine'
export type { ConnectedForge, ConnectOptions } from './manager/connect-forge.ts'
export type { ForgeConnection } from './manager/share-forge.ts'
export { TOKEN_MS_DEFAULT, TOKEN_MS_MAX } from './access/token.ts'
export { PERIOD_MS_MAX, type Compliance, type ReportResult } from './compliance/compliance.ts'
export type { ForgeCache } from './cache/forge-cache.ts'
export type { SubjectErasure, Subjects } from './subjects/subjects.ts'
export {
  KEY_AGE_DAYS_DEFAULT,
  KEY_SEALS_DEFAULT,
  MASTER_KEY_AGE_DAYS,
  type KeyPolicy,
} from './keys/key-policy-options.ts'
export type { ForgeKeys, KeysStatus } from './keys/forge-keys.ts'
export type { AnchorPublication } from './audit/anchor-keeper.ts'
export {
  ANCHOR_EVERY_MS_DEFAULT,
  ANCHOR_EVERY_MS_MIN,
  ANCHOR_GRACE_MS_DEFAULT,
  type AnchorLoss,
  type AnchorPlan,
} from './audit/anchor-plan.ts'
export {
  LOCK_WAIT_MS_MAX,
  REASON_BYTES_MAX,
  type Acceptance,
  type RollbackAcceptance,
  type ForgeOptions,
  type Secret,
} from './manager/forge-options.ts'
export { SHARD_COUNT_DEFAULT } from './layout/shard-layout.ts'
export type { DamagedRow } from './manager/damaged-rows.ts'
export type { ForgeVerifyReport } from './manager/verify-forge.ts'
export type { FeatureFlag, FeatureFlags } from './settings/feature-flags.ts'
export type { Setting } from './settings/setting-row.ts'
export {
  SETTING_NAME_BYTES_MAX,
  SETTING_VALUE_BYTES_MAX,
  SETTINGS_MAX,
  type Settings,
} from './settings/settings.ts'
export { prometheusText } from './statistics/prometheus-text.ts'
export type { ForgeStatistics, TopicStatistics } from './statistics/forge-statistics.ts'
export { METRIC_SAMPLES_MAX, type MetricsHistory, type MetricsSample } from './statistics/metrics-history.ts'
// What its users need of the packages below, so that they depend on this one alone.
export {
  ForgeError,
  isForgeError,
  type ErrorCode,
  type ErrorDetails,
  type JsonObject,
  type JsonValue,
  type Logger,
  type LogLevel,
  type MetricReading,
} from '@forgeone/common'
export { environmentProvider, keyFileProvider, type KeyProvider } from '@forgeone/crypto'
export {
  commandAnchor,
  fileAnchor,
  formatReceipt,
  parseReceipt,
  witnessAnchor,
  type Anchor,
  type Receipt as AuditReceipt,
} from '@forgeone/audit'
export { ACTIONS, type Action, type HealthReason, type HealthReport } from '@forgeone/engine'
export {
  BUNDLE_LEAVES_MAX,
  CONTROLS,
  verifyBundle,
  verifyCertificate,
  type BundleVerdict,
  type CertificateVerdict,
  type Control,
  type ControlState,
  type DsseEnvelope,
  type ErasureCertificate,
  type EvidenceId,
  type EvidenceState,
  type EvidenceSummary,
  type Framework,
  type Residual,
} from '@forgeone/evidence'
export type {
  AckOptions,
  Delivery,
  DeliveryHandler,
  EventInput,
  EventMessage,
  EventStream,
  LogEntry,
  LogInput,
  LogStream,
  Receipt,
  SubscribeOptions,
  Subscription,
} from '@forgeone/streams'
export type { Vault } from '@forgeone/vault'
