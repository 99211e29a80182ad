import { resolve } from 'node:path'
import { ForgeError } from '@forgeone/common'
import { NOUNS } from '../nouns.ts'
import { ReaderGone } from '../render/standard-output.ts'
import { Terminal } from '../render/terminal.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { findCommand } from './find-command.ts'
import { commandHelp, nounHelp, programHelp } from './help.ts'
import { hasVerbs, loadCommands } from './noun.ts'
import { parseArguments } from './parse-arguments.ts'
import { reportError } from './report-error.ts'
import { StoreAccess } from './store-access.ts'
import { VERSION } from './version.ts'

/** Runs one command line. @returns the exit code */
export async function runProgram(words: readonly string[]): Promise<number> {
  // Errors before the options are read must respect them all the same.
  const end = words.indexOf('--')
  const own = end < 0 ? words : words.slice(0, end)
  const early = new Terminal({
    json: own.includes('--json'),
    quiet: own.includes('--quiet'),
    noColor: own.includes('--no-color'),
  })
  const interruption = new AbortController()
  const interrupt = (kind: NodeJS.Signals): void => {
    if (interruption.signal.aborted) endAtOnce(kind, interrupt)
    else interruption.abort(new ForgeError('INTERRUPTED', 'interrupted', { hint: 'Run the command again.' }))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  // A terminal that is closed: what was begun is ended as well.
  process.on('SIGHUP', interrupt)
  try {
    return await dispatch(words, early, interruption.signal)
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.ok
    reportError(early, error)
    return exitCodeOf(error)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    process.off('SIGHUP', interrupt)
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
    await early.print(programHelp(early, NOUNS))
    return first === undefined ? EXIT.usage : EXIT.ok
  }
  if (first === '--version' || first === 'version') {
    await early.printLine(VERSION)
    return EXIT.ok
  }
  const noun = NOUNS.find(({ name }) => name === first)
  if (words.length === 2 && /^(--help|-h|help)$/.test(words[1]!) && noun !== undefined && hasVerbs(noun)) {
    await early.print(nounHelp(early, await loadCommands([noun])))
    return EXIT.ok
  }
  const { load, rest } = findCommand(NOUNS, words)
  const command = await load()
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
    allCommands: () => loadCommands(NOUNS),
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
