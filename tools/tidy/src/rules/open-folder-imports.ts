/** An import between folders that closes a circle, allowed until it is mended. */
export interface OpenFolderImport {
  readonly package: string
  readonly from: string
  readonly to: string
}

const STORE_PORT = ['commit', 'database', 'image', 'recovery', 'rotation', 'state']
const MANAGER_TYPES = ['access', 'audit', 'checkpoint', 'keys']
const COMMAND_PARTS = ['audit', 'events', 'keys', 'logs']

/** What is still open; an entry that nothing needs any more is reported, so this list only grows shorter. */
export const OPEN_FOLDER_IMPORTS: readonly OpenFolderImport[] = [
  // The types of the port lie beside `LocalStore`, above what works with them; they get a folder of their own, `port`.
  ...STORE_PORT.map((from) => ({ package: 'packages/engine', from, to: 'store' })),
  { package: 'packages/engine', from: 'leveldb-files', to: 'database' },
  { package: 'packages/engine', from: 'commit', to: 'rotation' },
  { package: 'packages/engine', from: 'state', to: 'commit' },
  { package: 'packages/engine', from: 'recovery', to: 'image' },
  // What rooms ask of the manager is a type of the manager's until facilities have a host.
  ...MANAGER_TYPES.map((from) => ({ package: 'packages/storage-manager', from, to: 'manager' })),
  // The program imports the list of all commands, which name their options by its types; nouns will be loaded when used.
  { package: 'apps/cli', from: 'program', to: 'commands' },
  // What two nouns share lies beside the list of all.
  ...COMMAND_PARTS.map((noun) => ({ package: 'apps/cli', from: `commands/${noun}`, to: 'commands' })),
]
