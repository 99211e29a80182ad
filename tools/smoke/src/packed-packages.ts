import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, realpath, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Folders of the packages that programs import, lowest layer first. */
export const LIBRARY_FOLDERS = [
  'packages/common',
  'packages/merkle',
  'packages/crypto',
  'packages/cache',
  'packages/log-codec',
  'packages/engine',
  'packages/audit',
  'packages/ipc',
  'packages/streams',
  'packages/vault',
  'packages/evidence',
  'packages/images',
  'packages/storage-manager',
] as const

/** Folders of all packages that users install: programs come last. */
export const PUBLISHED_FOLDERS: readonly string[] = [...LIBRARY_FOLDERS, 'packages/verifier', 'apps/cli']

/** What a packed package.json tells. */
interface PackedManifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
  /** What is packed; what begins with `!` is not. */
  readonly files: readonly string[]
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package as packed and unpacked. */
export interface PackedPackage {
  readonly manifest: PackedManifest
  /** Names of the files in the tarball, without its first folder. */
  readonly fileNames: readonly string[]
}

/**
 * Packs a package as `pnpm publish` would and unpacks it into `project/node_modules`. Dependencies of other makers are
 * linked from the workspace, so that nothing needs the network. They lie where npm lays them: in the project, where
 * packages that name them as optional peers find them too. Commands stand in `node_modules/.bin`, as npm puts them.
 */
export async function installPacked(o: {
  readonly root: string
  readonly folder: string
  readonly project: string
}): Promise<PackedPackage> {
  const source = join(o.root, o.folder)
  const tarball = join(o.project, `${o.folder.replace('/', '-')}.tgz`)
  const fileNames = await packFolder(source, tarball)
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
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    const link = join(o.project, 'node_modules/.bin', name)
    await mkdir(dirname(link), { recursive: true })
    await chmod(join(target, file), 0o755)
    await symlink(join(target, file), link)
  }
  return { manifest, fileNames }
}

/** Packs the package in a folder and returns the names of the files in the tarball, without its first folder. */
export async function packFolder(folder: string, tarball: string): Promise<readonly string[]> {
  await pnpm(['pack', '--out', tarball], folder)
  const listing = (await run('tar', ['-tzf', tarball])).stdout.trim().split('\n')
  return listing.map((name) => name.replace(/^package\//, ''))
}

/** Files of a package that its manifest promises to importers, the compiler and shells; sources are of this workspace. */
export function promisedFiles({ bin = {}, exports = {} }: PackedManifest): readonly string[] {
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === 'string'
      ? [target]
      : Object.entries(target).flatMap(([condition, file]) =>
          condition === '@forgeone/source' ? [] : [file],
        ),
  )
  return [...Object.values(bin), ...targets].map((file) => file.replace(/^\.\//, ''))
}

/** Names of the files below a folder, with `/` between folders. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
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
export async function runNode(
  folder: string,
  words: readonly string[],
  { node = process.execPath, variables = {} }: RunOptions = {},
): Promise<string> {
  const { NODE_OPTIONS: _, ...environment } = process.env
  const { stdout } = await run(node, words, { cwd: folder, env: { ...environment, ...variables } })
  return stdout
}

interface RunOptions {
  /** The program of Node.js; the one that runs this without it. */
  readonly node?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** pnpm names its own program to what it runs; outside of it the search path has to find one. */
async function pnpm(words: readonly string[], folder: string): Promise<void> {
  const program = process.env['npm_execpath']
  if (program === undefined || !program.includes('pnpm')) await run('pnpm', words, { cwd: folder })
  else if (/\.[cm]?js$/.test(program)) await run(process.execPath, [program, ...words], { cwd: folder })
  else await run(program, words, { cwd: folder })
}
