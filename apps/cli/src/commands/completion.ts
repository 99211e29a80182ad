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
  async run({ positionals, terminal, commands }) {
    const [shell] = positionals
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

function verbsOf(commands: readonly Command[], noun: string): readonly string[] {
  return commands.flatMap((command) =>
    command.name.startsWith(`${noun} `) ? [command.name.slice(noun.length + 1)] : [],
  )
}

function bashScript(commands: readonly Command[]): string {
  const nouns = firstWords(commands).flatMap((noun) => {
    const verbs = verbsOf(commands, noun)
    return verbs.length === 0 ? [] : [`    ${noun}) words="${verbs.join(' ')}" ;;`]
  })
  const options = commands.map(
    (command) => `    "${command.name}") words="${optionNames(command).join(' ')}" ;;`,
  )
  return `_forge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${firstWords(commands).join(' ')}"
  elif [[ "$current" == -* ]]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${options.filter((line) => line.includes(' ', line.indexOf('"'))).join('\n')}
    esac
    if [ -z "$words" ]; then case "\${COMP_WORDS[1]}" in
${options.join('\n')}
    esac; fi
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${nouns.join('\n')}
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
    const [noun, verb] = command.name.split(' ')
    const seen = `__fish_seen_subcommand_from ${noun}`
    if (verb !== undefined)
      lines.push(`complete -c forge -n '${seen}' -f -a ${verb} -d ${quote(command.summary)}`)
    for (const [name, option] of Object.entries(command.options)) {
      const condition = verb === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${verb}`
      lines.push(
        `complete -c forge -n '${condition}' -l ${name}${option.type === 'string' ? ' -r' : ''} -d ${quote(option.description)}`,
      )
    }
  }
  for (const [name, option] of Object.entries(GLOBAL_OPTIONS))
    lines.push(
      `complete -c forge -l ${name}${option.type === 'string' ? ' -r' : ''} -d ${quote(option.description)}`,
    )
  return `${lines.join('\n')}\n`
}
