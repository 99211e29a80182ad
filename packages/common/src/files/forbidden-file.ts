import { statSync } from 'node:fs'
import { isError } from '../realms.ts'

export interface ForbiddenFile {
  /** `EACCES`, `EPERM` or `EROFS`. */
  readonly system: string
  readonly file: string | undefined
  /** Number of the user it belongs to. */
  readonly owner: number | undefined
  /** A sentence part: which file, whose it is, and who may not use it. */
  readonly message: string
}

export const FORBIDDEN_HINT =
  'Run this as the owner of the store, or give all of its files to one user: `chown -R USER DIR` as root. If they may be read, `readOnly` (--read-only) is enough to read.'

/** What a refusal of the operating system is about, also where LevelDB says it in its text alone; undefined for others. */
export function forbiddenFile(cause: unknown): ForbiddenFile | undefined {
  const said = texts(cause)
  const system =
    /\b(?:EACCES|EPERM|EROFS)\b/.exec(said)?.[0] ?? (/permission denied/i.test(said) ? 'EACCES' : undefined)
  if (system === undefined) return undefined
  const file = pathOf(cause) ?? /IO error: (.+?): permission denied/i.exec(said)?.[1]
  const owner = file === undefined ? undefined : ownerOf(file)
  const whose = owner === undefined ? '' : `, which belongs to user ${owner},`
  const by = process.geteuid?.()
  const message = `${file ?? 'a file'}${whose} may not be used by ${by === undefined ? 'this user' : `user ${by}`} (${system})`
  return { system, file, owner, message }
}

/** What an error and its causes say. */
export function texts(cause: unknown): string {
  if (!isError(cause)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  const inner = cause.cause === undefined ? '' : texts(cause.cause)
  return `${code} ${cause.message} ${inner}`
}

function pathOf(cause: unknown): string | undefined {
  if (!isError(cause)) return undefined
  if ('path' in cause && typeof cause.path === 'string') return cause.path
  return pathOf(cause.cause)
}

/** Of the nearest that can be seen: in a closed directory the file itself cannot. */
function ownerOf(file: string): number | undefined {
  try {
    return statSync(file).uid
  } catch {
    return undefined
  }
}
