import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runForgeHere } from './forge-here.ts'
import { runForge, type RunResult } from './run-forge.ts'

/** Colour, bell, C1 control sequence, direction marks and separators: what a name must never do to a terminal. */
const HOSTILE = 'x\u001B[31m\u0007\u009B32m\u202Egnp\u2066y\u2028z'
const STEERING = /[\p{Cc}\u2028-\u202E\u2066-\u2069]/u
const LINE_ENDS_AND_TABS = /[\n\t]/g
/** What styles and progress of our own are made of. */
const OWN_STYLES = [
  ...['1', '2', '31', '32', '33', '34', '36', '0'].map((code) => `\u001B[${code}m`),
  '\r\u001B[K',
]

function withoutOwn(text: string): string {
  const others = OWN_STYLES.reduce((rest, own) => rest.replaceAll(own, ''), text)
  return others.replaceAll(LINE_ENDS_AND_TABS, '')
}

let directory: string
let data: string

/** Runs a command whose output is taken for a terminal. */
const onTerminal = (words: readonly string[]): Promise<RunResult> =>
  runForgeHere(words, { cwd: directory, env: { FORGE_DATA: data }, isTerminal: true })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forge-hostile-'))
  data = join(directory, 'data')
  await mkdir(join(directory, 'in'))
  await writeFile(join(directory, 'in', `${HOSTILE.replaceAll('\0', '')}.log`), `${HOSTILE}\nsecond\n`)
  await writeFile(join(directory, 'plain.log'), `${HOSTILE}\n`)
  const init = await onTerminal(['init', data])
  expect(init.stderr).toContain('created a store')
})
afterAll(async () => await rm(directory, { recursive: true, force: true }))

it('no command lets a name, a path or stored text steer the terminal', async () => {
  const commands: readonly (readonly string[])[] = [
    [HOSTILE],
    ['logs', HOSTILE],
    ['logs', 'search', `--${HOSTILE}`],
    ['logs', 'import', 'in', '--data', data],
    ['logs', 'import', 'plain.log', '--topic', 't', '--data', data],
    ['logs', 'import', HOSTILE, '--data', data],
    ['logs', 'import', 'plain.log', '--topic', HOSTILE, '--data', data],
    ['logs', 'search', '*', '--data', data],
    ['logs', 'search', '*', '--json', '--data', data],
    ['logs', 'search', '* | stats by message count()', '--data', data],
    ['logs', 'search', `topic:${HOSTILE}`, '--data', data],
    ['logs', 'search', `"${HOSTILE}`, '--data', data],
    ['settings', 'set', 'ui.theme', JSON.stringify(HOSTILE), '--data', data],
    ['settings', 'set', 'ui.text', HOSTILE, '--data', data],
    ['settings', 'get', 'ui.theme', '--data', data],
    ['settings', 'get', 'ui.text', '--data', data],
    ['settings', 'get', 'ui.text', '--json', '--data', data],
    ['settings', 'list', '--data', data],
    ['settings', 'get', HOSTILE, '--data', data],
    ['topics', '--data', data],
    ['topics', 'describe', HOSTILE, '--data', data],
    ['events', 'append', 'a\u202Eb', '{"x":"\u009B"}', '--data', data],
    ['events', 'read', '--data', data],
    ['groups', 'describe', HOSTILE, '--data', data],
    ['vault', 'get', HOSTILE, '--data', data],
    ['vault', 'list', '--data', data],
    ['stats', '--data', data],
    ['verify', '--data', data],
    ['doctor', '--data', data],
    ['audit', '--data', data],
    ['image', 'info', HOSTILE, '--data', data],
    ['verify', '--data', join(directory, HOSTILE)],
  ]
  for (const words of commands) {
    const { stdout, stderr } = await onTerminal(words)
    for (const text of [stdout, stderr]) {
      expect(withoutOwn(text), words.join(' ')).not.toMatch(STEERING)
      // A name with a colour of its own is shown as text.
      expect(text, words.join(' ')).not.toContain('x\u001B[31m')
    }
  }
})

it('a result that goes to a file is exact', async () => {
  const { stdout } = await runForge(['settings', 'get', 'ui.text', '--data', data], { cwd: directory })
  expect(stdout).toBe(`${HOSTILE}\n`)
})
