import type { Command } from '../program/command.ts'
import { GLOBAL_OPTIONS } from '../program/global-options.ts'
import { usageError } from '../program/parse-arguments.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'Print a completion script for bash, zsh or fish',
  usage: 'SHELL',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: [
    'source <(forge completion bash)',
    'forge completion fish > ~/.config/fish/completions/forge.fish',
  ],
  async run({ positionals, terminal, allCommands }) {
    const [shell] = positionals
    const commands = await allCommands()
    if (shell === 'bash') await terminal.print(bashScript(commands))
    else if (shell === 'zsh')
      await terminal.print(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`)
    else if (shell === 'fish') await terminal.print(fishScript(commands))
    else throw usageError(`no completion for ${shell}`, 'Use bash, zsh or fish.')
  },
}

function optionNames(command: Command): readonly string[] {
  return Object.keys({ ...command.options, ...GLOBAL_OPTIONS }).map((name) => `--${name}`)
}

function firstWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map((command) => command.name.split(' ')[0]!))]
}

/** The words that may follow the words typed so far. */
function wordsAfter(commands: readonly Command[], typed: string): readonly string[] {
  const words = commands.flatMap(({ name }) =>
    name.startsWith(`${typed} `) ? [name.slice(typed.length + 1).split(' ')[0]!] : [],
  )
  return [...new Set(words)]
}

/** Commands with so many words. */
function withWords(commands: readonly Command[], count: number): readonly Command[] {
  return commands.filter(({ name }) => name.split(' ').length === count)
}

function optionCases(commands: readonly Command[]): string {
  return commands
    .map((command) => `    "${command.name}") words="${optionNames(command).join(' ')}" ;;`)
    .join('\n')
}

function wordCases(commands: readonly Command[], typed: readonly string[]): string {
  return typed
    .flatMap((words) => {
      const next = wordsAfter(commands, words)
      return next.length === 0 ? [] : [`    "${words}") words="${next.join(' ')}" ;;`]
    })
    .join('\n')
}

function bashScript(commands: readonly Command[]): string {
  const nouns = firstWords(commands)
  const pairs = nouns.flatMap((noun) => wordsAfter(commands, noun).map((verb) => `${noun} ${verb}`))
  return `_forge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${nouns.join(' ')}"
  elif [[ "$current" == -* ]]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]} \${COMP_WORDS[3]}" in
${optionCases(withWords(commands, 3))}
    esac
    if [ -z "$words" ]; then case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${optionCases(withWords(commands, 2))}
    esac; fi
    if [ -z "$words" ]; then case "\${COMP_WORDS[1]}" in
${optionCases(withWords(commands, 1))}
    esac; fi
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${wordCases(commands, nouns)}
    esac
  elif [ "$COMP_CWORD" -eq 3 ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${wordCases(commands, pairs)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ -n "$words" ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _forge forge
`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}

function fishScript(commands: readonly Command[]): string {
  const lines = firstWords(commands).map((noun) => {
    const command = commands.find((one) => one.name === noun)
    return `complete -c forge -n __fish_use_subcommand -f -a ${noun}${command === undefined ? '' : ` -d ${quote(command.summary)}`}`
  })
  for (const command of commands) {
    const words = command.name.split(' ')
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    // A word in the middle belongs to several commands, and has no description of its own.
    for (let at = 1; at < words.length; at++) {
      const description = at === words.length - 1 ? ` -d ${quote(command.summary)}` : ''
      lines.push(
        `complete -c forge -n '${seen.slice(0, at).join('; and ')}' -f -a ${words[at]}${description}`,
      )
    }
    for (const [name, option] of Object.entries(command.options)) {
      lines.push(
        `complete -c forge -n '${seen.join('; and ')}' -l ${name}${option.type === 'string' ? ' -r' : ''} -d ${quote(option.description)}`,
      )
    }
  }
  for (const [name, option] of Object.entries(GLOBAL_OPTIONS))
    lines.push(
      `complete -c forge -l ${name}${option.type === 'string' ? ' -r' : ''} -d ${quote(option.description)}`,
    )
  return `${lines.join('\n')}\n`
}
