/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Shown in the help for a value, such as `DIR`. */
  readonly value?: string
  readonly description: string
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

/** What a command line may hold. */
export interface ArgumentShape {
  /** The command as typed, such as `logs import`. */
  readonly name: string
  /** Positional arguments, such as `[FILE…]`. */
  readonly usage: string
  readonly positionals: { readonly min: number; readonly max: number }
  readonly options: Readonly<Record<string, OptionSpec>>
}
