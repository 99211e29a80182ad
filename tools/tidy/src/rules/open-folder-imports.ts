/** An import between folders that closes a circle, allowed until it is mended. */
export interface OpenFolderImport {
  readonly package: string
  readonly from: string
  readonly to: string
}

const COMMAND_PARTS = ['audit', 'events', 'keys', 'logs']

/** What is still open; an entry that nothing needs any more is reported, so this list only grows shorter. */
export const OPEN_FOLDER_IMPORTS: readonly OpenFolderImport[] = [
  // The program imports the list of all commands, which name their options by its types; nouns will be loaded when used.
  { package: 'apps/cli', from: 'program', to: 'commands' },
  // What two nouns share lies beside the list of all.
  ...COMMAND_PARTS.map((noun) => ({ package: 'apps/cli', from: `commands/${noun}`, to: 'commands' })),
]
