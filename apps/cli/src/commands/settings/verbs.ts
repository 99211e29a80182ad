import type { Noun } from '../../program/noun.ts'

export const SETTINGS: Noun = {
  name: 'settings',
  summary: 'Settings of an application',
  verbs: {
    get: async () => (await import('./get.ts')).settingsGet,
    set: async () => (await import('./set.ts')).settingsSet,
    list: async () => (await import('./list.ts')).settingsList,
    delete: async () => (await import('./delete.ts')).settingsDelete,
  },
}
