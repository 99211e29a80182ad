import type { Command } from '../program/command.ts'
import { completion } from './completion.ts'

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
import { init } from './store/init.ts'
import { stats } from './store/stats.ts'
import { top } from './store/top.ts'
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
  settingsGet,
  settingsSet,
  settingsList,
  settingsDelete,
  stats,
  top,
  verify,
  doctor,
  keysStatus,
  completion,
  demo,
]
