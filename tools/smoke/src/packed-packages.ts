import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, realpath, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Folders of the packages that programs import, lowest layer first. */
export const LIBRARY_FOLDERS = [
  'packages/common',
  'packages/crypto',
  'packages/engine',
  'packages/audit',
  'packages/streams',
  'packages/vault',
  'packages/cache',
  'packages/images',
  'packages/storage-manager',
] as const

/** Folders of all packages that users install: programs come last. */
export const PUBLISHED_FOLDERS: readonly string[] = [...LIBRARY_FOLDERS, 'packages/verifier', 'apps/cli']

/** What a packed package.json tells. */
interface PackedManifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface PackedPackage {
  readonly manifest: PackedManifest
  /** Names of the files in the tarball, without its first folder. */
  readonly fileNames: readonly string[]
}

/**
 * Packs a package as `pnpm publish` would and unpacks it into `project/node_modules`. Dependencies of other makers are
 * linked from the workspace, so that nothing needs the network. They lie where npm lays them: in the project, where
 * packages that name them as optional peers find them too.
 */
export async function installPacked(o: {
  readonly root: string
  readonly folder: string
  readonly project: string
}): Promise<PackedPackage> {
  const source = join(o.root, o.folder)
  const tarball = join(o.project, `${o.folder.replace('/', '-')}.tgz`)
  await pnpm(['pack', '--out', tarball], source)
  // Our own manifest as pnpm wrote it.
  const manifest = JSON.parse(
    (await run('tar', ['-xzOf', tarball, 'package/package.json'])).stdout,
  ) as PackedManifest
  const target = join(o.project, 'node_modules', manifest.name)
  await mkdir(target, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name.startsWith('@forgeone/')) continue
    await linkOfWorkspace({ root: o.root, folder: o.folder, project: o.project, name })
  }
  const listing = (await run('tar', ['-tzf', tarball])).stdout.trim().split('\n')
  return { manifest, fileNames: listing.map((name) => name.replace(/^package\//, '')) }
}

/** Links a package of another maker, which a package of the workspace uses, into a project. */
export async function linkOfWorkspace(o: {
  readonly root: string
  readonly folder: string
  readonly project: string
  readonly name: string
}): Promise<void> {
  const link = join(o.project, 'node_modules', o.name)
  if (existsSync(link)) return
  await mkdir(dirname(link), { recursive: true })
  await symlink(await realpath(join(o.root, o.folder, 'node_modules', o.name)), link)
}

/** Runs a program with plain Node in a folder and returns what it printed; fails when the program fails. */
export async function runNode(folder: string, words: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _, ...environment } = process.env
  const { stdout } = await run(process.execPath, words, { cwd: folder, env: environment })
  return stdout
}

/** pnpm names its own program to what it runs; outside of it the search path has to find one. */
async function pnpm(words: readonly string[], folder: string): Promise<void> {
  const program = process.env['npm_execpath']
  if (program === undefined || !program.includes('pnpm')) await run('pnpm', words, { cwd: folder })
  else if (/\.[cm]?js$/.test(program)) await run(process.execPath, [program, ...words], { cwd: folder })
  else await run(program, words, { cwd: folder })
}

/** The first TypeScript example of a README, if there is one. */
export async function firstExample(readmePath: string): Promise<string | undefined> {
  const text = await readFile(readmePath, 'utf8')
  return /^```ts\n([\s\S]*?)^```$/m.exec(text)?.[1]
}
