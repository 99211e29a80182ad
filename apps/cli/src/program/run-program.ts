import { resolve } from 'node:path'
import { ForgeError } from '@forgeone/common'
import { caretMessage } from '@forgeone/streams'
import { COMMANDS } from '../commands/commands.ts'
import { Terminal } from '../render/terminal.ts'
import type { Command } from './command.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { commandHelp, programHelp } from './help.ts'
import { nearestName } from './nearest-name.ts'
import { parseArguments, usageError } from './parse-arguments.ts'
import { StoreAccess } from './store-access.ts'
import { VERSION } from './version.ts'

/** Runs one command line. @returns the exit code */
export async function runProgram(words: readonly string[]): Promise<number> {
  // Errors before the options are read must respect them all the same.
  const early = new Terminal({ json: words.includes('--json'), quiet: words.includes('--quiet'), noColor: words.includes('--no-color') })
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new ForgeError('INTERRUPTED', 'interrupted'))
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await dispatch(words, early, interruption.signal)
  } catch (error) {
    reportError(early, error, words)
    return exitCodeOf(error)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function dispatch(words: readonly string[], early: Terminal, signal: AbortSignal): Promise<number> {
  const [first] = words
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    await early.print(programHelp(early, COMMANDS))
    return first === undefined ? EXIT.usage : EXIT.ok
  }
  if (first === '--version' || first === 'version') {
    await early.printLine(VERSION)
    return EXIT.ok
  }
  const { command, rest } = findCommand(words)
  const { options, positionals } = parseArguments(command, rest)
  const terminal = new Terminal({ json: options['json'] === true, quiet: options['quiet'] === true, noColor: options['no-color'] === true })
  if (options['help'] === true) {
    await terminal.print(commandHelp(terminal, command))
    return EXIT.ok
  }
  const store = new StoreAccess({ options, terminal, resolvePath })
  const code = await command.run({ options, positionals, terminal, store, signal, resolvePath })
  return code ?? EXIT.ok
}

/** The longest command that the words begin with; options may stand in front. */
function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } {
  const [first = '', second = ''] = words
  const two = COMMANDS.find((command) => command.name === `${first} ${second}`)
  if (two !== undefined) return { command: two, rest: words.slice(2) }
  const one = COMMANDS.find((command) => command.name === first)
  if (one !== undefined) return { command: one, rest: words.slice(1) }
  const group = COMMANDS.filter((command) => command.name.startsWith(`${first} `))
  if (group.length > 0) {
    const verbs = group.map((command) => command.name.slice(first.length + 1))
    const nearest = nearestName(second, verbs)
    throw usageError(
      second === '' ? `forge ${first} needs a verb: ${verbs.join(', ')}` : `unknown command forge ${first} ${second}`,
      nearest === undefined ? `Try: ${verbs.map((verb) => `forge ${first} ${verb}`).join(', ')}.` : `Did you mean forge ${first} ${nearest}?`,
    )
  }
  const nearest = nearestName(first, new Set(COMMANDS.map((command) => command.name.split(' ')[0]!)))
  throw usageError(`unknown command ${first}`, nearest === undefined ? 'Run `forge --help` for all commands.' : `Did you mean forge ${nearest}?`)
}

/** From the workspace root, pnpm runs us in the root; the user stands where INIT_CWD says. */
function resolvePath(path: string): string {
  const viaRoot = process.env['npm_package_name'] === 'forgeone' && process.env['INIT_CWD'] !== undefined
  return resolve(viaRoot ? process.env['INIT_CWD']! : process.cwd(), path)
}

function reportError(terminal: Terminal, error: unknown, words: readonly string[]): void {
  const known = error instanceof ForgeError ? error : new ForgeError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
  const { code, hint } = known
  const message = withCaret(known, words)
  if (terminal.json) process.stderr.write(`${JSON.stringify({ error: { code, message, hint } })}\n`)
  else process.stderr.write(`forge: ${message} [${code}]\n       ${hint}\n`)
  if (process.env['FORGE_DEBUG'] !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`)
}

/** Shows the place in a query that was not understood. */
function withCaret(error: ForgeError, words: readonly string[]): string {
  const { offset } = error.details
  if (!error.code.startsWith('STREAM_QUERY') || typeof offset !== 'number') return error.message
  const query = error.details['query'] ?? words.find((word, index) => index >= 2 && !word.startsWith('-'))
  return typeof query === 'string' ? `${error.message}\n${caretMessage(query, offset)}` : error.message
}
