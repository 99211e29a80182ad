import {
  onNamed,
  onResources,
  plainActs,
  type DatabasePlan,
  type Facility,
  type Host,
  type KeyspacePlan,
} from '@forgeone/engine'
import { SYSTEM_DATABASE } from '../layout/database-names.ts'
import { FeatureFlags } from './feature-flags.ts'
import { decodeSetting } from './setting-row.ts'
import { Settings } from './settings.ts'

const VERBS: readonly string[] = ['set', 'delete']
const SETTINGS_KEYSPACE = 0x10
const FLAGS_KEYSPACE = 0x11

export const settingsFacility: Facility<Settings> = {
  name: 'settings',
  databases: () => [planOf(SETTINGS_KEYSPACE)],
  acts: plainActs('settings', VERBS),
  rules: {
    methods: {
      get: onNamed('settings.read', 'settings'),
      describe: onNamed('settings.read', 'settings'),
      set: onNamed('settings.write', 'settings'),
      delete: onNamed('settings.write', 'settings'),
      list: onResources('settings.read', 'settings/**'),
    },
  },
  open: (host) => Promise.resolve({ face: settingsOf(host, SETTINGS_KEYSPACE, 'settings') }),
}

export const flagsFacility: Facility<FeatureFlags> = {
  name: 'flags',
  databases: () => [planOf(FLAGS_KEYSPACE)],
  acts: plainActs('flags', VERBS),
  rules: {
    methods: {
      set: onNamed('settings.write', 'flags'),
      isEnabled: onNamed('settings.read', 'flags'),
      list: onResources('settings.read', 'flags/**'),
    },
  },
  open: (host) => Promise.resolve({ face: new FeatureFlags(settingsOf(host, FLAGS_KEYSPACE, 'flags')) }),
}

/** An older setting would undo a decision; those that were just written do not leave the rights uncompared. */
function planOf(byte: number): DatabasePlan {
  const keyspace: KeyspacePlan = { byte, part: 'settings', check: ({ value }) => decodeSetting(value) }
  return { name: SYSTEM_DATABASE, keyspaces: [keyspace] }
}

function settingsOf({ store, setAside }: Host, keyspace: number, facility: string): Settings {
  return new Settings({
    store,
    database: SYSTEM_DATABASE,
    keyspace,
    facility,
    onSetAside: ({ key, error }) => setAside({ database: SYSTEM_DATABASE, key, error }),
  })
}
