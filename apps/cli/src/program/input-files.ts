import type { Stats } from 'node:fs'
import { glob, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { ForgeError } from '@forgeone/common'
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
const GLOB_CHARACTERS = /[*?[\]{}]/
const COMPRESSED_ENDINGS = /\.(?:gz|zst|zstd)$/i
const LOG_ENDINGS = /\.(?:log|txt|jsonl|ndjson|json|out|err)$/i
/** `syslog.1`, `app.log.20260131`: rotated pieces of one log. */
const ROTATION_ENDINGS = /\.(?:\d{1,3}|\d{8})$/
/** Directories are walked, but a link in a circle must not keep us for ever. */
const DEPTH_MAX = 32

/** Files, directories, globs and `-`, as typed. @throws INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function findInputFiles(
  words: readonly string[],
  resolvePath: (path: string) => string,
): Promise<readonly InputFile[]> {
  const found: InputFile[] = []
  for (const word of words) {
    if (word === STANDARD_INPUT)
      found.push({ path: word, topic: 'stdin', bytes: undefined, modifiedMs: undefined })
    else found.push(...(await findOne(resolvePath(word), word)))
  }
  return found
}

async function findOne(path: string, word: string): Promise<readonly InputFile[]> {
  const stats = await tryStat(path)
  if (stats?.isDirectory()) return await walk(path, path, 0)
  if (stats?.isFile() || stats?.isFIFO() || stats?.isCharacterDevice())
    return [inputFile(path, basename(path), stats)]
  if (stats !== undefined)
    throw new ForgeError('INPUT_UNREADABLE', `${word} is neither a file nor a directory`)
  if (!GLOB_CHARACTERS.test(word)) throw new ForgeError('INPUT_NOT_FOUND', `there is no file ${word}`)
  const matches: string[] = []
  for await (const match of glob(path)) matches.push(match)
  const files: InputFile[] = []
  for (const match of matches.sort()) {
    const matched = await tryStat(match)
    if (matched?.isFile()) files.push(inputFile(match, basename(match), matched))
  }
  if (files.length === 0) throw new ForgeError('INPUT_NOT_FOUND', `no file matches ${word}`)
  return files
}

async function walk(directory: string, root: string, depth: number): Promise<readonly InputFile[]> {
  if (depth > DEPTH_MAX) return []
  const files: InputFile[] = []
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ForgeError('INPUT_UNREADABLE', `${directory} cannot be listed`, { cause })
  })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) files.push(...(await walk(path, root, depth + 1)))
    if (!entry.isFile()) continue
    const stats = await tryStat(path)
    if (stats !== undefined) files.push(inputFile(path, relative(root, path), stats))
  }
  return files
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

/** What it throws on opening, it throws on the first read. */
export async function* openInput(file: InputFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* file.path === STANDARD_INPUT ? openStandardInput(signal) : openWaiting(file.path, signal)
}

async function tryStat(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new ForgeError('INPUT_UNREADABLE', `${path} cannot be read`, { cause: error })
  }
}
