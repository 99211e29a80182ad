import type { Terminal } from '../render/terminal.ts'
import type { Command } from './command.ts'
import type { OptionSpec } from './options.ts'
import { GLOBAL_OPTIONS } from './global-options.ts'
import { hasVerbs, type Noun } from './noun.ts'

export function commandHelp(terminal: Terminal, command: Command): string {
  const lines = [
    command.summary,
    '',
    `${terminal.style('Usage', 'bold')}  forge ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...(command.details === undefined ? [] : [...command.details, '']),
    ...optionLines(terminal, 'Options', command.options),
    ...optionLines(terminal, 'Everywhere', GLOBAL_OPTIONS),
    terminal.style('Examples', 'bold'),
    ...command.examples.map((example) => `  ${example}`),
  ]
  return `${lines.join('\n')}\n`
}

function optionLines(
  terminal: Terminal,
  title: string,
  options: Readonly<Record<string, OptionSpec>>,
): readonly string[] {
  const rows = Object.entries(options).map(([name, { short, value, description }]) => {
    const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
    return { left, description }
  })
  if (rows.length === 0) return []
  const width = Math.max(...rows.map((row) => row.left.length))
  return [
    terminal.style(title, 'bold'),
    ...rows.map((row) => `  ${row.left.padEnd(width)}  ${row.description}`),
    '',
  ]
}

/** Help for a noun such as `logs`: its verbs. */
export function nounHelp(terminal: Terminal, commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const lines = [
    terminal.style('Commands', 'bold'),
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    terminal.style('Examples', 'bold'),
    ...commands.map((command) => `  ${command.examples[0] ?? ''}`),
    '',
    'Each of them says more with --help.',
  ]
  return `${lines.join('\n')}\n`
}

export function programHelp(terminal: Terminal, nouns: readonly Noun[]): string {
  const rows = nouns.map((noun) => ({
    left: hasVerbs(noun) ? `${noun.name} …` : noun.name,
    summary: noun.summary,
  }))
  const width = Math.max(...rows.map(({ left }) => left.length))
  const lines = [
    "forge keeps an application's logs, events and settings in one encrypted directory.",
    '',
    `${terminal.style('Usage', 'bold')}  forge COMMAND [OPTIONS]`,
    '',
    terminal.style('Commands', 'bold'),
    ...rows.map(({ left, summary }) => `  ${left.padEnd(width)}  ${summary}`),
    '',
    'Each of them says more with --help; behind … stands a verb, and `forge logs --help` lists those of logs.',
    '',
    ...optionLines(terminal, 'Everywhere', GLOBAL_OPTIONS),
    terminal.style('Exit codes', 'bold'),
    '  0 ok, 1 failed, 2 usage, 3 not found, 4 wrong secret or denied, 5 damaged data found, 130 interrupted',
    '',
    terminal.style('Examples', 'bold'),
    '  forge init --data ./data',
    '  forge logs import /var/log/*.log --data ./data',
    '  forge logs search \'severity:>=warn "disk full"\' --from -1d --data ./data',
  ]
  return `${lines.join('\n')}\n`
}
