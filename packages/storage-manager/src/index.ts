export { Forge } from './manager/forge.ts'
export { SHARD_COUNT_DEFAULT, type ForgeOptions, type Secret } from './manager/forge-options.ts'
export type { ForgeVerifyReport } from './manager/verify-forge.ts'
export type { FeatureFlag, FeatureFlags } from './settings/feature-flags.ts'
export type { Setting } from './settings/setting-row.ts'
export {
  SETTING_NAME_BYTES_MAX,
  SETTING_VALUE_BYTES_MAX,
  SETTINGS_MAX,
  type Settings,
} from './settings/settings.ts'
export type { ForgeStatistics, TopicStatistics } from './statistics/forge-statistics.ts'
export { METRIC_SAMPLES_MAX, type MetricsHistory, type MetricsSample } from './statistics/metrics-history.ts'
