import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NOUNS } from '../src/nouns.ts'
import { commandHelp, nounHelp, programHelp } from '../src/program/help.ts'
import { hasVerbs, loadCommands } from '../src/program/noun.ts'
import { parseArguments } from '../src/program/parse-arguments.ts'
import { VERSION } from '../src/program/version.ts'
import { Terminal } from '../src/render/terminal.ts'
import { runForge } from './run-forge.ts'

const commands = await loadCommands(NOUNS)
const cwd = import.meta.dirname
const terminal = new Terminal({ json: false, quiet: false, noColor: true })

describe.each(commands.map((command) => [command.name, command] as const))('forge %s', (name, command) => {
  it('has help with its usage, options and examples', () => {
    const help = commandHelp(terminal, command)
    expect(help).toContain(`Usage  forge ${name}`)
    expect(help).toMatch(/Examples\n {2}\S/)
    for (const option of Object.keys(command.options)) expect(help).toContain(`--${option}`)
    expect(command.examples.some((example) => example.includes(`forge ${name}`))).toBe(true)
  })

  it('takes --help whatever else is missing', () => {
    expect(parseArguments(command, ['--help']).options['help']).toBe(true)
  })
})

it('the help of the program lists every noun and the exit codes', () => {
  const help = programHelp(terminal, NOUNS)
  for (const { name, summary } of NOUNS) expect(help).toMatch(new RegExp(`^  ${name} .* ${summary}$`, 'm'))
  expect(help).toContain('5 damaged data found, 130 interrupted')
})

it('the help of a noun lists its verbs, and a noun without any says what its command says', async () => {
  const names: string[] = []
  for (const noun of NOUNS) {
    const found = await loadCommands([noun])
    names.push(...found.map(({ name }) => name))
    const help = nounHelp(terminal, found)
    for (const { name } of found) expect(help).toContain(`  ${name} `)
    if (!hasVerbs(noun)) expect(found.map(({ summary }) => summary)).toEqual([noun.summary])
    expect(found.map(({ name }) => name)).toEqual(
      Object.keys(noun.verbs).map((words) => `${noun.name} ${words}`.trim()),
    )
  }
  expect(new Set(names).size).toBe(names.length)
})

it('help of the program, a noun and a verb are printed with exit 0', async () => {
  for (const words of [
    ['--help'],
    ['logs', '--help'],
    ['logs', 'search', '--help'],
    ['--help', 'logs', 'search'],
  ]) {
    const { code, stdout, stderr } = await runForge(words, { cwd })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('forge logs search')
  }
})

it('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(cwd, '../package.json'), 'utf8')) as { version: string }
  expect(VERSION).toBe(version)
  expect((await runForge(['--version'], { cwd })).stdout).toBe(`${version}\n`)
})

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0
if (!hasBash) console.log('notice: completion is not tried, because bash is not there')

describe.skipIf(!hasBash)('completion in bash', () => {
  it('offers commands, verbs and options', async () => {
    const { stdout: script } = await runForge(['completion', 'bash'], { cwd })
    const complete = (...words: string[]): readonly string[] => {
      const line = `COMP_WORDS=(forge ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _forge; printf '%s\\n' "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['-c', `${script}\n${line}`], { encoding: 'utf8' })
        .trim()
        .split('\n')
    }
    expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0)
    expect(complete('set')).toEqual(['settings'])
    expect(complete('logs', '')).toEqual(['import', 'search', 'tail', 'get', 'export', 'compact'])
    expect(complete('logs', 'search', '--la')).toEqual(['--latest'])
    expect(complete('stats', '--js')).toEqual(['--json'])
  })

  it('zsh and fish have scripts of their own, other shells are refused', async () => {
    expect((await runForge(['completion', 'zsh'], { cwd })).stdout).toContain('bashcompinit')
    const fish = await runForge(['completion', 'fish'], { cwd })
    for (const { name } of commands) expect(fish.stdout).toContain(`-a ${name.split(' ').at(-1)}`)
    expect((await runForge(['completion', 'tcsh'], { cwd })).code).toBe(2)
  })
})
