import { spawnSync } from 'node:child_process'
import { mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { PUBLISHED_FOLDERS } from '../src/packed-packages.ts'
import {
  commandsOf,
  installedBy,
  paste,
  scriptRunBy,
  stable,
  type PastedCommand,
} from '../src/readme-commands.ts'
import { blocksOf, missingLines, programsOf } from '../src/readme-programs.ts'
import { sampleLogs } from '../src/sample-logs.ts'

const root = join(import.meta.dirname, '../../..')
const { path: project, packages: packed } = inject('packedProject')
const commandFolder = join(project, 'node_modules/.bin')
const readme = await readFile(join(root, 'README.md'), 'utf8')
const readmeOfCommand = await readFile(join(root, 'apps/cli/README.md'), 'utf8')

/** `pnpm test:long` and `pnpm release:dry`: each README on both; else each on one, since its commands take a minute. */
const isLong = inject('isLongTier')
/** Only catches hangs, on a machine that does much else. */
const PASTED_WITHIN_MS = 600_000

interface Place {
  readonly name: string
  readonly node: string
  /** What it needs in front of a program in TypeScript. */
  readonly words: string
}
const WORKSPACE: Place = { name: 'the Node.js of the workspace', node: process.execPath, words: '' }
const OLDEST: Place = {
  name: 'the oldest Node.js',
  node: join(root, 'tools/oldest-node/node_modules/node22/bin/node'),
  words: '--experimental-strip-types --no-warnings ',
}

async function folderFor(name: string): Promise<string> {
  const folder = join(project, name.replaceAll(/\W+/g, '-'))
  await mkdir(folder)
  return folder
}

function searchPath({ node }: Place): readonly string[] {
  return [commandFolder, dirname(node)]
}

test.each(PUBLISHED_FOLDERS)('the README of %s installs what its package is called', async (folder) => {
  const text = await readFile(join(root, folder, 'README.md'), 'utf8')
  const [first] = blocksOf(text, '')
  expect(installedBy(first!.text)).toBe(packed[folder]!.manifest.name)
})

test('what the README runs in a checkout, and what it installs, is there', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object }
  const names = Object.values(packed).map(({ manifest }) => manifest.name)
  const lines = blocksOf(readme, 'sh').flatMap(commandsOf)
  const scriptsRun = lines.flatMap(({ text }) => scriptRunBy(text) ?? [])
  const installed = lines.flatMap(({ text }) => installedBy(text) ?? [])
  expect(scriptsRun).not.toEqual([])
  expect(installed).not.toEqual([])
  expect(scriptsRun.filter((name) => !(name in scripts))).toEqual([])
  expect(installed.filter((name) => !names.includes(name))).toEqual([])
})

test('of what a README shows, sizes and times may differ, and words may not', () => {
  const shown = stable(
    'web  331.0 KiB  13.2x 2025-06-24T14:36:25.000Z, 4,891 lines in 54 ms (91,981 lines/s)',
  )
  expect(stable('web 1 B 0.2x 2026-11-30T09:00:00Z, 4,891 lines in 1.5 s (9 lines/s)')).toBe(shown)
  expect(stable('app 1 B 0.2x 2026-11-30T09:00:00Z, 4,891 lines in 1.5 s (9 lines/s)')).not.toBe(shown)
  expect(stable('web 1 B 0.2x 2026-11-30T09:00:00Z, 4,890 lines in 1.5 s (9 lines/s)')).not.toBe(shown)
})

test('a command of a README that fails is told with what it printed, and nothing behind it runs', async () => {
  const folder = await folderFor('a failing README')
  const commands = commandsOf({ line: 7, language: 'sh', text: 'echo one\nls ./nowhere\necho three\n' })
  const failure = paste(commands, { folder, searchPath: [] })
  await expect(failure).rejects.toThrow(/\[line 8\]\none\n\n\[line 9\]\nls: .*nowhere.*/)
  await expect(failure).rejects.not.toThrow(/three/)
})

test.concurrent.each(isLong ? [WORKSPACE, OLDEST] : [OLDEST])(
  'the README pastes from top to bottom, commands and programs in one folder, on $name',
  { timeout: PASTED_WITHIN_MS },
  async (place) => {
    const folder = await folderFor(`README on ${place.name}`)
    const [program] = programsOf(readme)
    await writeFile(join(folder, 'program.ts'), program!.source)
    const runsProgram = { line: program!.line, text: `node ${place.words}program.ts`, shows: [] }
    const commands = [...blocksOf(readme, 'sh').flatMap(commandsOf), runsProgram]
      .filter(({ text }) => installedBy(text) === undefined && scriptRunBy(text) === undefined)
      .toSorted((a, b) => a.line - b.line)

    const printed = await paste(commands, { folder, searchPath: searchPath(place) })

    const outputOf = (part: string): string =>
      printed.get(commands.find(({ text }) => text.includes(part))!.line)!.join('\n')
    expect(outputOf('"upstream timed out"')).toContain('ERROR upstream timed out')
    expect(outputOf('| top 5 by topic')).toMatch(/^web +1$/m)
    expect(outputOf('forge verify')).toMatch(/^ok /)
    expect(missingLines(program!.prints, outputOf('program.ts'))).toEqual([])
    expect(outputOf('audit verify --receipt')).toMatch(/^ok {2}leaf 12 of /)
    expect(outputOf('audit verify --anchor')).toMatch(/^ok /)
    expect(outputOf('vault run')).toBe('32')
    expect(outputOf('access check')).toMatch(/^allowed by /)
    expect(outputOf('compliance verify')).toMatch(/^ok /)
    expect(outputOf('erase --subject')).toContain('request R-12')
  },
)

test.concurrent.each(isLong ? [WORKSPACE, OLDEST] : [WORKSPACE])(
  'the README of the command line pastes from top to bottom, and prints what it shows, on $name',
  { timeout: PASTED_WITHIN_MS },
  async (place) => {
    const folder = await folderFor(`README of forge on ${place.name}`)
    const commands = blocksOf(readmeOfCommand, 'console').flatMap(commandsOf)
    for (const [name, text] of Object.entries(sampleLogs(commands))) await writeFile(join(folder, name), text)

    const printed = await paste(commands, { folder, searchPath: searchPath(place) })

    expect(sessionOf(commands, (command) => printed.get(command.line)!, folder)).toEqual(
      sessionOf(commands, ({ shows }) => shows, '/home/ann'),
    )
  },
)

const hasBash = spawnSync('bash', ['--version']).status === 0
if (!hasBash) console.log('notice: lines for completion are not tried, because bash is not there')

test.skipIf(!hasBash)('the lines that switch completion on run in a shell', async () => {
  const folder = await folderFor('completion')
  const block = blocksOf(readmeOfCommand, '').find(({ text }) => text.includes('completion'))!
  // The one for zsh is sourced there alone; that for fish is a redirection in any shell.
  const lines = block.text.split('\n').filter((text) => /completion (?:bash|fish)/.test(text))
  expect(lines).toHaveLength(2)
  await mkdir(join(folder, '.config/fish/completions'), { recursive: true })
  const text = lines.join('\n')
  await paste(commandsOf({ line: 1, language: 'sh', text }), {
    folder,
    searchPath: searchPath(WORKSPACE),
    shell: 'bash',
  })
  expect(await readFile(join(folder, '.config/fish/completions/forge.fish'), 'utf8')).toContain(
    'complete -c forge',
  )
})

test('the line that bundles an application makes one that runs', async () => {
  const folder = await folderFor('bundled')
  const text = await readFile(join(root, 'packages/storage-manager/README.md'), 'utf8')
  const lines = blocksOf(text, '').flatMap((block) => block.text.split('\n'))
  const bundles = lines.filter((line) => line.startsWith('rolldown '))
  expect(bundles).toHaveLength(1)
  const level = createRequire(join(root, 'packages/engine/package.json')).resolve(
    'classic-level/package.json',
  )
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(await realpath(level), '..'), join(folder, 'node_modules/classic-level'))
  await writeFile(join(folder, 'app.ts'), programsOf(readme)[0]!.source)
  const commands = [...bundles, "FORGE_SECRET='a passphrase of your own' node out/app.js"]
  await paste(commandsOf({ line: 1, language: 'sh', text: commands.join('\n') }), {
    folder,
    searchPath: [join(root, 'tools/smoke/node_modules/.bin'), ...searchPath(WORKSPACE)],
  })
})
/** Commands and what they print, as far as it is the same in every run. */
function sessionOf(
  commands: readonly PastedCommand[],
  output: (command: PastedCommand) => readonly string[],
  folder: string,
): readonly string[] {
  return commands.flatMap((command) => [
    `$ ${command.text}`,
    ...output(command).map((line) => stable(line.replaceAll(folder, '~'))),
  ])
}
