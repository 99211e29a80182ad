import type { Command } from '../program/command.ts'
import { auditAcceptRollback } from './audit/accept-rollback.ts'
import { auditAnchor } from './audit/anchor.ts'
import { auditCheckpoint } from './audit/checkpoint.ts'
import { auditReindex } from './audit/reindex.ts'
import { auditRotateKey } from './audit/rotate-key.ts'
import { auditExport } from './audit/export.ts'
import { auditList } from './audit/list.ts'
import { auditProve } from './audit/prove.ts'
import { auditShow } from './audit/show.ts'
import { auditVerify } from './audit/verify.ts'
import { auditWitness } from './audit/witness.ts'
import { accessCheck } from './access/check.ts'
import { accessGrant } from './access/grant.ts'
import { accessList } from './access/list.ts'
import { accessRevoke } from './access/revoke.ts'
import { accessTokenCreate } from './access/token/create.ts'
import { accessTokenRevoke } from './access/token/revoke.ts'
import { cacheCleanup } from './cache/cleanup.ts'
import { cacheClear } from './cache/clear.ts'
import { cacheStats } from './cache/stats.ts'
import { completion } from './completion.ts'
import { complianceReport } from './compliance/report.ts'
import { complianceVerify } from './compliance/verify.ts'
import { erase } from './erase.ts'

import { demo } from './demo/demo.ts'
import { eventsAppend } from './events/append.ts'
import { eventsCompact } from './events/compact.ts'
import { eventsConsume } from './events/consume.ts'
import { eventsExport } from './events/export.ts'
import { eventsGet } from './events/get.ts'
import { eventsImport } from './events/import.ts'
import { eventsRead } from './events/read.ts'
import { eventsTail } from './events/tail.ts'
import { groupsCreate } from './groups/create.ts'
import { groupsDescribe } from './groups/describe.ts'
import { groupsLag } from './groups/lag.ts'
import { groupsList } from './groups/list.ts'
import { groupsPause } from './groups/pause.ts'
import { groupsRedrive } from './groups/redrive.ts'
import { groupsRemove } from './groups/remove.ts'
import { groupsResume } from './groups/resume.ts'
import { groupsSeek } from './groups/seek.ts'
import { keysAcceptRestored } from './keys/accept-restored.ts'
import { keysAddProvider } from './keys/add-provider.ts'
import { keysDestroy } from './keys/destroy.ts'
import { keysRemoveProvider } from './keys/remove-provider.ts'
import { keysReseal } from './keys/reseal.ts'
import { keysRewrap } from './keys/rewrap.ts'
import { keysGenerateFile } from './keys/generate-file.ts'
import { keysRotate } from './keys/rotate.ts'
import { keysSharesCombine } from './keys/shares/combine.ts'
import { keysSharesCreate } from './keys/shares/create.ts'
import { imageInfo } from './image/info.ts'
import { imageInvalidate } from './image/invalidate.ts'
import { imageLs } from './image/ls.ts'
import { imageScan } from './image/scan.ts'
import { keysStatus } from './keys/status.ts'
import { logsCompact } from './logs/compact.ts'
import { logsExport } from './logs/export.ts'
import { logsGet } from './logs/get.ts'
import { logsImport } from './logs/import.ts'
import { logsSearch } from './logs/search.ts'
import { logsTail } from './logs/tail.ts'
import { settingsDelete } from './settings/delete.ts'
import { settingsGet } from './settings/get.ts'
import { settingsList } from './settings/list.ts'
import { settingsSet } from './settings/set.ts'
import { doctor } from './store/doctor.ts'
import { repair } from './store/repair.ts'
import { init } from './store/init.ts'
import { metrics } from './store/metrics.ts'
import { stats } from './store/stats.ts'
import { top } from './store/top.ts'
import { checkpoint } from './store/checkpoint.ts'
import { verify } from './store/verify.ts'
import { topicsCompactKeys } from './topics/compact-keys.ts'
import { topicsCreate } from './topics/create.ts'
import { topicsDelete } from './topics/delete.ts'
import { topicsDescribe } from './topics/describe.ts'
import { topics } from './topics/list.ts'
import { topicsRename } from './topics/rename.ts'
import { topicsRetain } from './topics/retain.ts'
import { topicsRetention } from './topics/retention.ts'
import { topicsUpdate } from './topics/update.ts'
import { vaultDelete } from './vault/delete.ts'
import { vaultDestroy } from './vault/destroy.ts'
import { vaultExport } from './vault/export.ts'
import { vaultGenerate } from './vault/generate.ts'
import { vaultGet } from './vault/get.ts'
import { vaultImport } from './vault/import.ts'
import { vaultLease } from './vault/lease.ts'
import { vaultList } from './vault/list.ts'
import { vaultRedeem } from './vault/redeem.ts'
import { vaultRun } from './vault/run.ts'
import { vaultSeal } from './vault/seal.ts'
import { vaultSet } from './vault/set.ts'
import { vaultUndelete } from './vault/undelete.ts'
import { vaultUnseal } from './vault/unseal.ts'
import { vaultVersions } from './vault/versions.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  init,
  logsImport,
  logsSearch,
  logsTail,
  logsGet,
  logsExport,
  logsCompact,
  eventsAppend,
  eventsImport,
  eventsRead,
  eventsTail,
  eventsGet,
  eventsConsume,
  eventsExport,
  eventsCompact,
  groupsCreate,
  groupsList,
  groupsDescribe,
  groupsLag,
  groupsSeek,
  groupsPause,
  groupsResume,
  groupsRedrive,
  groupsRemove,
  topics,
  topicsCreate,
  topicsDescribe,
  topicsUpdate,
  topicsDelete,
  topicsRename,
  topicsRetention,
  topicsRetain,
  topicsCompactKeys,
  imageScan,
  imageLs,
  imageInfo,
  imageInvalidate,
  cacheStats,
  cacheClear,
  cacheCleanup,
  settingsGet,
  settingsSet,
  settingsList,
  settingsDelete,
  vaultSet,
  vaultGet,
  vaultList,
  vaultVersions,
  vaultGenerate,
  vaultDelete,
  vaultUndelete,
  vaultDestroy,
  vaultLease,
  vaultRedeem,
  vaultSeal,
  vaultUnseal,
  vaultImport,
  vaultExport,
  vaultRun,
  accessGrant,
  accessRevoke,
  accessList,
  accessCheck,
  accessTokenCreate,
  accessTokenRevoke,
  complianceReport,
  complianceVerify,
  erase,
  stats,
  metrics,
  top,
  verify,
  checkpoint,
  doctor,
  repair,
  auditList,
  auditShow,
  auditCheckpoint,
  auditRotateKey,
  auditProve,
  auditVerify,
  auditExport,
  auditAnchor,
  auditWitness,
  auditReindex,
  auditAcceptRollback,
  keysStatus,
  keysGenerateFile,
  keysRotate,
  keysReseal,
  keysRewrap,
  keysAddProvider,
  keysRemoveProvider,
  keysSharesCreate,
  keysSharesCombine,
  keysDestroy,
  keysAcceptRestored,
  completion,
  demo,
]
