import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { LocalStore, type LocalStoreOptions } from '../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

/** Above every key of these tests: compacting this empty range writes the memtable into a table. */
const ABOVE_ALL_KEYS = '\u{10ffff}'
const PACKAGE = join(import.meta.dirname, '..')

/** In memory if there is any: what is tested is what LevelDB reads, not the disk. */
export function hazardFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'forge-hazard-'))
}

/** LevelDB with nothing of ours around it. */
export async function openBare(
  path: string,
  options: { readonly maxFileSize?: number; readonly writeBufferSize?: number } = {},
): Promise<ClassicLevel> {
  const level = new ClassicLevel(path)
  try {
    await level.open({ compression: false, ...options })
  } catch (error) {
    await level.close()
    throw error
  }
  return level
}

export async function flushBare(level: ClassicLevel): Promise<void> {
  await level.compactRange(ABOVE_ALL_KEYS, ABOVE_ALL_KEYS)
}

export async function countBare(path: string): Promise<number> {
  const level = await openBare(path)
  try {
    return (await level.keys().all()).length
  } finally {
    await level.close()
  }
}

export const bareKey = (index: number): string => `k${String(index).padStart(6, '0')}`

export function filesOf(path: string, end: string): readonly string[] {
  return readdirSync(path)
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => join(path, name))
}

export function changeFile(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path)
  change(bytes)
  // Written in place: LevelDB may have the file mapped.
  writeFileSync(path, bytes, { flag: 'r+' })
}

/** Opens a directory in a process of its own. @returns `opened`, or the code of the refusal */
export function openInChild(kind: 'bare' | 'store', path: string): string {
  const place = JSON.stringify(path)
  const open =
    kind === 'bare'
      ? `import { ClassicLevel } from 'classic-level'
         const it = new ClassicLevel(${place}); const opening = it.open()`
      : `import { LocalStore } from './src/index.ts'; import { DATABASES, testProvider } from './test/model.ts'
         const opening = LocalStore.open({ path: ${place}, databases: DATABASES, provider: testProvider() })`
  const script = `${open}
    try { await opening; console.log('opened') }
    catch (error) { console.log(error.cause?.code?.startsWith('LEVEL_') ? error.cause.code : error.code) }
    process.exit()`
  const nodeOptions = ['--conditions=@forgeone/source', '--input-type=module', '-e', script]
  const child = spawnSync(process.execPath, nodeOptions, { cwd: PACKAGE, encoding: 'utf8' })
  if (child.stdout === '') throw new Error(child.stderr)
  return child.stdout.trim()
}

export function storeOptions(path: string): LocalStoreOptions & { path: string } {
  return { path, databases: DATABASES, provider: testProvider() }
}

export async function openStore(path: string): Promise<LocalStore> {
  return await LocalStore.open(storeOptions(path))
}

/** One row of this key in every database, by one commit each. */
export async function fillStore(
  store: LocalStore,
  range: { readonly from: number; readonly count: number },
): Promise<void> {
  for (let index = range.from; index < range.from + range.count; index++) {
    const value = `${index}.`.padEnd(1000, '.')
    await store.commit(() => ({
      facts: FACTS,
      operations: DATABASES.map((name) => put(name, bareKey(index), value)),
    }))
  }
}

/** What a killed process would leave: the files as they are now, without its locks. */
export async function copyAsAfterKill(store: LocalStore, path: string, target: string): Promise<void> {
  // Copying LOCK would close a descriptor of it and so drop the kernel's lock (hazard H1).
  const left = new Set(['lock', 'LOCK'])
  await store.exclusively(() => {
    cpSync(path, target, { recursive: true, filter: (source) => !left.has(basename(source)) })
    return Promise.resolve()
  })
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true })
}
