import type { Command } from './command.ts'

/** What the first word of a command line means: a thing with verbs, or a command without any. */
export interface Noun {
  readonly name: string
  readonly summary: string
  /** By the words behind the noun, such as `get` or `token create`, in the order of the help; '' stands for none. */
  readonly verbs: Readonly<Record<string, LoadCommand>>
}

/** Loads a command when it is used: finding and compiling all of them takes longer than most of them run. */
export type LoadCommand = () => Promise<Command>

/** A command that is one word. */
export function alone(name: string, summary: string, load: LoadCommand): Noun {
  return { name, summary, verbs: { '': load } }
}

/** Whether something may follow the noun but options and arguments. */
export function hasVerbs({ verbs }: Noun): boolean {
  return Object.keys(verbs).some((words) => words !== '')
}

/** All commands of nouns, in their order. */
export async function loadCommands(nouns: readonly Noun[]): Promise<readonly Command[]> {
  return await Promise.all(nouns.flatMap(({ verbs }) => Object.values(verbs).map((load) => load())))
}
