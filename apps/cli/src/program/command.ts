import type { Terminal } from '../render/terminal.ts'
import type { StoreAccess } from './store-access.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Shown in the help for a value, such as `DIR`. */
  readonly value?: string
  readonly description: string
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

/** What a running command may use; nothing else of the process. */
export interface CommandContext {
  readonly options: OptionValues
  readonly positionals: readonly string[]
  readonly terminal: Terminal
  readonly store: StoreAccess
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  /** Makes a path that the user typed absolute, from where the user stands. */
  readonly resolvePath: (path: string) => string
}

/** One verb of the command line. */
export interface Command {
  /** As typed, such as `logs import`. */
  readonly name: string
  readonly summary: string
  /** Positional arguments, such as `[FILE…]`. */
  readonly usage: string
  readonly positionals: { readonly min: number; readonly max: number }
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly string[]
  /** @returns the exit code; 0 when nothing is returned */
  run(context: CommandContext): Promise<number | void>
}
