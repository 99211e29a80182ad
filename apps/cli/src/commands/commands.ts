import type { Command } from '../program/command.ts'
import { completion } from './completion.ts'

import { demo } from './demo/demo.ts'
import { eventsAppend } from './events/append.ts'
import { eventsExport } from './events/export.ts'
import { eventsImport } from './events/import.ts'
import { eventsRead } from './events/read.ts'
import { eventsTail } from './events/tail.ts'
import { keysStatus } from './keys/status.ts'
import { logsExport } from './logs/export.ts'
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
import { topics } from './store/topics.ts'
import { verify } from './store/verify.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  init,
  logsImport,
  logsSearch,
  logsTail,
  logsExport,
  eventsAppend,
  eventsImport,
  eventsRead,
  eventsTail,
  eventsExport,
  topics,
  settingsGet,
  settingsSet,
  settingsList,
  settingsDelete,
  stats,
  verify,
  doctor,
  keysStatus,
  completion,
  demo,
]
