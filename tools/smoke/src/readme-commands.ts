/**
 * The commands of a README, pasted into a shell from top to bottom as a reader would. Blocks of `sh` are commands, a line
 * each; in blocks of `console` commands stand behind `$ `, and what they print below.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Block } from './readme-programs.ts'

const run = promisify(execFile)

/** A line that a reader pastes. */
export interface PastedCommand {
  /** Its line in the README, from 1. */
  readonly line: number
  readonly text: string
  /** What the README shows below it. */
  readonly shows: readonly string[]
}

/** `npm install` of one package, for a project or for everybody. */
const INSTALLS = /^npm (?:install|i)(?: --global| -g)? (@\S+)/
/** What a README runs in a checkout of the repository. */
const IN_CHECKOUT = /^npx -y pnpm@12 (\S+)/

/** Variables that a reader's shell has not: of tests, and of the script that runs them. */
const OF_THIS_RUN = /^(?:FORGE_|npm_|INIT_CWD$|NODE_OPTIONS$)/

/** What differs from run to run. */
const UNSTABLE = new RegExp(
  [
    String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`,
    String.raw`\b[\d,]+ lines/s`,
    String.raw`\b[\d.,]+ (?:B|[KMG]iB|ms|s)\b`,
    String.raw`\b[\d.]+x(?=\W|$)`,
    // Ids and positions of entries.
    String.raw`\b[0-9a-f]{8}-[0-9a-f-]{27}\b`,
    String.raw`\bp\d+\.\d+\.\d+\b`,
    // What was flushed by when, and whether topics share a shard: that is up to a key of the store.
    String.raw`\b\d+ (?:values|blocks(?= with)|tables|journal frames)\b`,
  ].join('|'),
  'g',
)

export function commandsOf(block: Block): readonly PastedCommand[] {
  const lines = block.text.trimEnd().split('\n')
  const commands: { line: number; text: string; shows: string[] }[] = []
  for (const [index, text] of lines.entries()) {
    const line = block.line + 1 + index
    if (block.language === 'sh') commands.push({ line, text, shows: [] })
    else if (text.startsWith('$ ')) commands.push({ line, text: text.slice(2), shows: [] })
    else commands.at(-1)!.shows.push(text)
  }
  return commands
}

/** The package that a command installs, undefined when it does something else. */
export function installedBy(text: string): string | undefined {
  return INSTALLS.exec(text)?.[1]
}

/** The script of the repository that a command runs in a checkout, undefined when it does something else. */
export function scriptRunBy(text: string): string | undefined {
  return IN_CHECKOUT.exec(text)?.[1]
}

/**
 * Runs commands in one shell, and gives what each of them printed, by its line in the README.
 * @throws with everything that was printed if a command fails; those behind it are not run
 */
export async function paste(
  commands: readonly PastedCommand[],
  { folder, searchPath, shell = 'sh' }: PasteOptions,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const script = commands.flatMap(({ line, text }) => [`printf '\\n${mark(line)}'`, text])
  await writeFile(join(folder, 'pasted.sh'), ['set -e', 'exec 2>&1', ...script, ''].join('\n'))
  const { PATH = '', ...environment } = process.env
  const kept = Object.entries(environment).filter(([name]) => !OF_THIS_RUN.test(name))
  const variables = { TZ: 'UTC', HOME: folder, PATH: [...searchPath, PATH].join(delimiter) }
  const running = run(shell, ['pasted.sh'], {
    cwd: folder,
    env: { ...Object.fromEntries(kept), ...variables },
  })
  // Nobody answers a prompt.
  running.child.stdin!.end()
  const { stdout } = await running.catch((error: { readonly stdout: string }) => {
    throw new Error(`a command failed, the last of these:\n${error.stdout}`, { cause: error })
  })
  return new Map(commands.map(({ line }) => [line, outputBehind(mark(line), stdout)]))
}

interface PasteOptions {
  /** Where the reader stands; it is the home directory too. */
  readonly folder: string
  /** Folders in which programs are looked for first. */
  readonly searchPath: readonly string[]
  readonly shell?: string
}

/** A printed line with what differs from run to run, and how columns are spaced, made the same. */
export function stable(line: string): string {
  return line.replaceAll(UNSTABLE, '#').replaceAll(/\s+/g, ' ').trimEnd()
}

function mark(line: number): string {
  return `[line ${line}]\\n`
}

function outputBehind(escapedMark: string, stdout: string): readonly string[] {
  const [, behind = ''] = stdout.split(`\n${escapedMark.replace('\\n', '\n')}`)
  const [output = ''] = behind.split(/\n\[line \d+\]\n/)
  return output.trimEnd() === '' ? [] : output.trimEnd().split('\n')
}
