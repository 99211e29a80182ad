import type { Terminal } from '../render/terminal.ts'
import type { ArgumentShape, OptionValues } from './options.ts'
import type { StoreAccess } from './store-access.ts'

/** What a running command may use; nothing else of the process. */
export interface CommandContext {
  readonly options: OptionValues
  readonly positionals: readonly string[]
  readonly terminal: Terminal
  readonly store: StoreAccess
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  /** Loads all commands, this one among them. */
  readonly allCommands: () => Promise<readonly Command[]>
  /** Makes a path that the user typed absolute, from where the user stands. */
  readonly resolvePath: (path: string) => string
}

/** One verb of the command line. */
export interface Command extends ArgumentShape {
  readonly summary: string
  /** Lines of its help that say more than the summary. */
  readonly details?: readonly string[]
  readonly examples: readonly string[]
  /** @returns the exit code; 0 when nothing is returned */
  run(context: CommandContext): Promise<number | void>
}
