import { execFile } from 'node:child_process'
import { open, readdir, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findInputFiles, type InputFile } from '../../program/input-files.ts'
import { syntheticLog, SYNTHETIC_SEED } from './synthetic-log.ts'

/** Below this a demonstration shows nothing. */
const REAL_BYTES_MIN = 1024 * 1024
/** A demonstration should end while somebody watches. */
const REAL_BYTES_MAX = 200 * 1024 * 1024
const DEPTH_MAX = 4
const TEXT_PROBE_BYTES = 4096

export interface DemoInputs {
  readonly files: readonly InputFile[]
  readonly realBytes: number
  readonly syntheticBytes: number
}

/** The paths given, or the logs of this machine, with a synthetic set beside them when they are few. */
export async function findDemoInputs(o: {
  readonly paths: readonly string[]
  readonly workDirectory: string
  readonly resolvePath: (path: string) => string
}): Promise<DemoInputs> {
  const real =
    o.paths.length > 0
      ? (await findInputFiles(o.paths, o.resolvePath)).files
      : await findMachineLogs(o.workDirectory)
  const realBytes = real.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
  if (o.paths.length > 0 || realBytes >= REAL_BYTES_MIN) return { files: real, realBytes, syntheticBytes: 0 }
  const synthetic: InputFile[] = []
  for (const { name, text } of syntheticLog(SYNTHETIC_SEED)) {
    const path = join(o.workDirectory, name)
    await writeFile(path, text)
    synthetic.push(...(await findInputFiles([path], (typed) => typed)).files)
  }
  const syntheticBytes = synthetic.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
  return { files: [...real, ...synthetic], realBytes, syntheticBytes }
}

async function findMachineLogs(workDirectory: string): Promise<readonly InputFile[]> {
  const home = homedir()
  const candidates = [
    ...(await listFiles('/var/log', DEPTH_MAX)),
    ...(await listFiles(join(home, '.npm', '_logs'), 1)),
    ...(await listFiles(join(home, '.local', 'state', 'pnpm'), DEPTH_MAX)),
    ...(await gitLog(workDirectory)),
  ]
  const files: InputFile[] = []
  let bytes = 0
  for (const path of candidates) {
    const [file] = await findInputFiles([path], (typed) => typed).then(
      ({ files }) => files,
      () => [],
    )
    if (file === undefined || (file.bytes ?? 0) === 0 || bytes + (file.bytes ?? 0) > REAL_BYTES_MAX) continue
    if (!(await looksLikeLog(path))) continue
    bytes += file.bytes ?? 0
    // The logs of npm are named by their time; together they are one topic.
    files.push(path.includes('_logs') ? { ...file, topic: 'npm' } : file)
  }
  return files
}

/** Files that cannot be listed or read are left out: a demonstration runs as any user. */
async function listFiles(directory: string, depth: number): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.isFile()) found.push(path)
    else if (entry.isDirectory() && depth > 1) found.push(...(await listFiles(path, depth - 1)))
  }
  return found
}

async function looksLikeLog(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(new Uint8Array(TEXT_PROBE_BYTES), 0, TEXT_PROBE_BYTES, 0)
    const head = buffer.subarray(0, bytesRead)
    const isCompressed = /\.(?:gz|zst)$/.test(path)
    return isCompressed || !head.includes(0)
  } catch {
    return false
  }
}

/** The history of the repository this program lies in, if it lies in one. */
async function gitLog(workDirectory: string): Promise<readonly string[]> {
  const path = join(workDirectory, 'git-history.log')
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['log', '--stat', '--date=iso', '--format=%ad %an %h %s'],
      {
        cwd: dirname(fileURLToPath(import.meta.url)),
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    await writeFile(path, stdout)
    return (await stat(path)).size > 0 ? [path] : []
  } catch {
    return []
  }
}
