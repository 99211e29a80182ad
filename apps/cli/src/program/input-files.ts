import type { Stats } from 'node:fs'
import { glob, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { ForgeError, isForgeError, isError, systemCode } from '@forgeone/common'
import { openStandardInput, openWaiting } from './open-waiting.ts'

/** A file to import, with the topic it goes to unless the user names one. */
export interface InputFile {
  /** `-` for standard input. */
  readonly path: string
  readonly topic: string
  /** Undefined for standard input. */
  readonly bytes: number | undefined
  readonly modifiedMs: number | undefined
}

export const STANDARD_INPUT = '-'
/** Files that lie in every directory of a store. */
const STORE_NAMES: readonly string[] = ['FORGE', 'keyring', 'journal']
const GLOB_CHARACTERS = /[*?[\]{}]/
const COMPRESSED_ENDINGS = /\.(?:gz|zst|zstd)$/i
const LOG_ENDINGS = /\.(?:log|txt|jsonl|ndjson|json|out|err)$/i
/** `syslog.1`, `app.log.20260131`, `app.log-20260131`, `app-2026-01-31.log`: rotated pieces of one log. */
const ROTATION_ENDINGS = /\.\d{1,3}$|[-._]\d{8}(?:[-._T]?\d{2,6})?$|[-._]\d{4}-\d{2}-\d{2}$/
/** Directories are walked, but a link in a circle must not keep us for ever. */
const DEPTH_MAX = 32

/** What is to be imported, and what of it cannot be looked at. */
export interface InputFiles {
  /** Each once, the pieces of one log from the oldest on. */
  readonly files: readonly InputFile[]
  readonly unreadable: readonly ForgeError[]
  /** Directories of stores, which are left out. */
  readonly stores: readonly string[]
}

/** Files, directories, globs and `-`, as typed. @throws INPUT_NOT_FOUND, INPUT_UNREADABLE for what was named and cannot be used */
export async function findInputFiles(
  words: readonly string[],
  resolvePath: (path: string) => string,
): Promise<InputFiles> {
  const search = new InputSearch()
  for (const word of words) {
    if (word === STANDARD_INPUT)
      search.files.push({ path: word, topic: 'stdin', bytes: undefined, modifiedMs: undefined })
    else await search.add(resolvePath(word), word)
  }
  return { files: oldestFirst(search.files), unreadable: search.unreadable, stores: search.stores }
}

class InputSearch {
  readonly files: InputFile[] = []
  readonly unreadable: ForgeError[] = []
  readonly stores: string[] = []
  /** Device and inode of those found: a file may have several names. */
  readonly #found = new Set<string>()

  async add(path: string, word: string): Promise<void> {
    const stats = await tryStat(path)
    if (stats?.isDirectory()) return await this.#walk(path, path, 0)
    if (stats?.isFile() || stats?.isFIFO() || stats?.isCharacterDevice())
      return this.#push(path, basename(path), stats)
    if (stats !== undefined)
      throw new ForgeError('INPUT_UNREADABLE', `${word} is neither a file nor a directory`)
    if (!GLOB_CHARACTERS.test(word)) throw new ForgeError('INPUT_NOT_FOUND', `there is no file ${word}`)
    const matches: string[] = []
    for await (const match of glob(path)) matches.push(match)
    let hasMatched = false
    for (const match of matches.sort()) {
      const matched = await tryStat(match)
      if (matched?.isFile() !== true) continue
      hasMatched = true
      this.#push(match, basename(match), matched)
    }
    if (!hasMatched) throw new ForgeError('INPUT_NOT_FOUND', `no file matches ${word}`)
  }

  async #walk(directory: string, root: string, depth: number): Promise<void> {
    if (depth > DEPTH_MAX) return
    const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
      this.unreadable.push(
        new ForgeError('INPUT_UNREADABLE', `${directory} cannot be listed: ${reasonOf(cause)}`, { cause }),
      )
      return []
    })
    const names = new Set(entries.map(({ name }) => name))
    // What a store keeps is no log, least of all for itself.
    if (STORE_NAMES.every((name) => names.has(name))) return void this.stores.push(directory)
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) await this.#walk(path, root, depth + 1)
      if (!entry.isFile() && !entry.isSymbolicLink()) continue
      // A compressor takes the file away when its archive is whole.
      if (names.has(entry.name.replace(COMPRESSED_ENDINGS, '')) && COMPRESSED_ENDINGS.test(entry.name))
        continue
      const stats = await tryStat(path).catch((error: unknown) => {
        if (!isForgeError(error)) throw error
        this.unreadable.push(error)
        return undefined
      })
      // A link to a directory may lead in a circle.
      if (stats?.isFile() === true) this.#push(path, relative(root, path), stats)
    }
  }

  #push(path: string, name: string, stats: Stats): void {
    const identity = `${stats.dev}:${stats.ino}`
    if (stats.isFile() && this.#found.has(identity)) return
    this.#found.add(identity)
    this.files.push(inputFile(path, name, stats))
  }
}

function reasonOf(cause: unknown): string {
  return systemCode(cause) ?? String(cause)
}

function inputFile(path: string, name: string, stats: Stats): InputFile {
  return {
    path,
    topic: topicOfName(name),
    bytes: stats.isFile() ? stats.size : undefined,
    modifiedMs: stats.mtimeMs,
  }
}

/** `nginx/access.log.2.gz` becomes `nginx.access`. */
export function topicOfName(name: string): string {
  const bare = name
    .replace(COMPRESSED_ENDINGS, '')
    .replace(ROTATION_ENDINGS, '')
    .replace(LOG_ENDINGS, '')
    .replace(ROTATION_ENDINGS, '')
  const tokens = bare
    .split(sep)
    .flatMap((part) => part.split('.'))
    .map((token) => token.replace(/[^\p{L}\p{N}_-]+/gu, '_'))
    .filter((token) => token !== '')
  const topic = tokens.slice(-16).join('.')
  return topic === ''
    ? 'log'
    : Buffer.from(topic)
        .subarray(0, 200)
        .toString()
        .replace(/\uFFFD$/, '')
}

/** Files of one log stand where the first of them did, the oldest first; others stay in their order. */
function oldestFirst(files: readonly InputFile[]): readonly InputFile[] {
  const logs = Map.groupBy(files, ({ path }) =>
    path === STANDARD_INPUT ? path : join(dirname(path), topicOfName(basename(path))),
  )
  return [...logs.values()].flatMap((pieces) => pieces.toSorted(compareAge))
}

/** A number counts back, a date forward, and what has neither is being written. */
function compareAge(left: InputFile, right: InputFile): number {
  const [one, other] = [ageOf(left.path), ageOf(right.path)]
  return one.rank - other.rank || (one.order < other.order ? -1 : one.order > other.order ? 1 : 0)
}

function ageOf(path: string): { readonly rank: number; readonly order: number | string } {
  const name = basename(path).replace(COMPRESSED_ENDINGS, '')
  const bare = ROTATION_ENDINGS.test(name) ? name : name.replace(LOG_ENDINGS, '')
  const ending = ROTATION_ENDINGS.exec(bare)?.[0]
  if (ending === undefined) return { rank: 2, order: name }
  const digits = ending.replace(/\D/g, '')
  return digits.length >= 8 ? { rank: 0, order: digits } : { rank: 1, order: -Number(digits) }
}

/** What it throws on opening, it throws on the first read. */
export async function* openInput(file: InputFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* file.path === STANDARD_INPUT ? openStandardInput(signal) : openWaiting(file.path, signal)
}

async function tryStat(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isError(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new ForgeError('INPUT_UNREADABLE', `${path} cannot be read`, { cause: error })
  }
}
