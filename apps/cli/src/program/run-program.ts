import { resolve } from 'node:path'
import { ForgeError, isError } from '@forgeone/common'
import { caretMessage } from '@forgeone/streams'
import { COMMANDS } from '../commands/commands.ts'
import { printableJson, printableText } from '../render/printable.ts'
import { ReaderGone } from '../render/standard-output.ts'
import { Terminal } from '../render/terminal.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { findCommand } from './find-command.ts'
import { commandHelp, groupHelp, programHelp } from './help.ts'
import { parseArguments } from './parse-arguments.ts'
import { StoreAccess } from './store-access.ts'
import { VERSION } from './version.ts'

/** Runs one command line. @returns the exit code */
export async function runProgram(words: readonly string[]): Promise<number> {
  // Errors before the options are read must respect them all the same.
  const early = new Terminal({
    json: words.includes('--json'),
    quiet: words.includes('--quiet'),
    noColor: words.includes('--no-color'),
  })
  const interruption = new AbortController()
  const interrupt = (kind: NodeJS.Signals): void => {
    if (interruption.signal.aborted) endAtOnce(kind, interrupt)
    else interruption.abort(new ForgeError('INTERRUPTED', 'interrupted', { hint: 'Run the command again.' }))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await dispatch(words, early, interruption.signal)
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.ok
    reportError(early, error)
    return exitCodeOf(error)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/**
 * The store survives that as it survives a kill; whoever asks twice does not want to wait. By the signal itself, since
 * `process.exit` waits for the threads of the pool, and one of them may wait for a pipe.
 */
function endAtOnce(kind: NodeJS.Signals, interrupt: (kind: NodeJS.Signals) => void): void {
  process.off(kind, interrupt)
  process.kill(process.pid, kind)
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
  const group =
    words.length === 2 && /^(--help|-h|help)$/.test(words[1]!)
      ? COMMANDS.filter((one) => one.name.startsWith(`${first} `))
      : []
  if (group.length > 0) {
    await early.print(groupHelp(early, group))
    return EXIT.ok
  }
  const { command, rest } = findCommand(COMMANDS, words)
  const { options, positionals } = parseArguments(command, rest)
  const terminal = new Terminal({
    json: options['json'] === true,
    quiet: options['quiet'] === true,
    noColor: options['no-color'] === true,
  })
  if (options['help'] === true) {
    await terminal.print(commandHelp(terminal, command))
    return EXIT.ok
  }
  const store = new StoreAccess({ options, terminal, resolvePath, signal })
  const code = await command.run({
    options,
    positionals,
    terminal,
    store,
    signal,
    commands: COMMANDS,
    resolvePath,
  })
  // What was asked for is answered, but nobody may take it for what was signed.
  const { alarm } = store
  if (alarm === undefined) return code ?? EXIT.ok
  reportError(terminal, alarm)
  return exitCodeOf(alarm)
}

/** From the workspace root, pnpm runs us in the root; the user stands where INIT_CWD says. */
function resolvePath(path: string): string {
  const viaRoot = process.env['npm_package_name'] === 'forgeone' && process.env['INIT_CWD'] !== undefined
  return resolve(viaRoot ? process.env['INIT_CWD']! : process.cwd(), path)
}

function reportError(terminal: Terminal, error: unknown): void {
  const known =
    error instanceof ForgeError
      ? error
      : new ForgeError('INTERNAL', isError(error) ? error.message : String(error), { cause: error })
  const { code, hint } = known
  const message = withCaret(known)
  if (terminal.json)
    process.stderr.write(`${printableJson(JSON.stringify({ error: { code, message, hint } }))}\n`)
  else process.stderr.write(printableText(`forge: ${message} [${code}]\n       ${hint}\n`))
  if (process.env['FORGE_DEBUG'] !== undefined && isError(error))
    process.stderr.write(printableText(`${error.stack}\n`))
}

/** Shows the place in a query that was not understood. */
function withCaret(error: ForgeError): string {
  const { offset, query } = error.details
  return typeof offset === 'number' && typeof query === 'string'
    ? `${error.message}\n${caretMessage(query, offset)}`
    : error.message
}
