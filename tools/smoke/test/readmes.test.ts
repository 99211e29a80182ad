import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { LIBRARY_FOLDERS, runNode } from '../src/packed-packages.ts'
import { missingLines, programsOf } from '../src/readme-programs.ts'

const root = join(import.meta.dirname, '../../..')
const { path: project } = inject('packedProject')

const oldest = join(root, 'tools/oldest-node/node_modules/node22/bin/node')
interface RunningNode {
  readonly node: string
  readonly words: readonly string[]
}
const OLDEST: readonly [string, RunningNode] = [
  'the oldest Node.js',
  { node: oldest, words: ['--experimental-strip-types', '--no-warnings'] },
]
const WORKSPACE: readonly [string, RunningNode] = [
  'the Node.js of the workspace',
  { node: process.execPath, words: [] },
]
/** All other tests run on that of the workspace: the long tier and `pnpm release:dry` try the READMEs there too. */
const NODES = inject('isLongTier') ? [WORKSPACE, OLDEST] : [OLDEST]
const readmes = await Promise.all(
  ['.', ...LIBRARY_FOLDERS].map(async (folder) => {
    const text = await readFile(join(root, folder, 'README.md'), 'utf8')
    return { name: join(folder, 'README.md'), programs: programsOf(text) }
  }),
)
/** As the README says before: the secret comes from the environment. */
const variables = { FORGE_SECRET: 'a passphrase of your own' }

test('every README of a library shows how to use it', () => {
  expect(readmes.filter(({ programs }) => programs.length === 0)).toEqual([])
})

test('the oldest Node.js is the one that manifests promise', async () => {
  expect(await runNode(project, ['--version'], { node: oldest })).toBe('v22.15.0\n')
})

// Programs wait for disks and key derivations more than they compute.
describe.concurrent.each(NODES)('on %s', (place, { node, words }) => {
  test.each(readmes)('the programs of $name run as packed and print what they say', async (readme) => {
    // All programs of a README share a folder, since one may read what an earlier one wrote.
    const folder = join(project, `${place} ${readme.name}`.replaceAll(/\W+/g, '-'))
    await mkdir(folder)
    for (const { line, source, prints } of readme.programs) {
      const file = `${basename(readme.name, '.md')}-line-${line}.ts`
      await writeFile(join(folder, file), source)
      const printed = await runNode(folder, [...words, file], { node, variables })
      expect(missingLines(prints, printed), `${readme.name}, line ${line} printed:\n${printed}`).toEqual([])
    }
  })
})

test('the programs of all READMEs compile against the packed declarations', async () => {
  const folder = join(project, 'readmes-compiled')
  await mkdir(folder)
  for (const { name, programs } of readmes)
    for (const { line, source } of programs)
      await writeFile(join(folder, `${name.replaceAll(/\W+/g, '-')}-line-${line}.ts`), source)
  const settings = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      noEmit: true,
      allowImportingTsExtensions: true,
      isolatedDeclarations: false,
      // What users do not have.
      customConditions: [],
      noUnusedLocals: false,
      typeRoots: [join(root, 'node_modules/@types')],
    },
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  // What it objects to, it prints.
  await expect(runNode(folder, [compiler, '-p', '.']).catch(({ stdout }) => stdout)).resolves.toBe('')
})
