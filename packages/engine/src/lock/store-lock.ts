import {
  linkSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  ForgeError,
  isForgeError,
  toHex,
  utf8Decode,
  utf8Encode,
  type Clock,
  type Random,
  systemCode,
} from '@forgeone/common'
import { readSmallFileSync, setStrangerAside } from '@forgeone/common/files'
import { z } from 'zod'
import { judge, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const HEARTBEAT_MS = 2_000
/** A holder that cannot be judged otherwise is gone when its heartbeat is this old. */
const HEARTBEAT_STALE_MS = 30_000
/** Before a frame is appended the lock is read again when the last heartbeat is older than this. */
const RECHECK_MS = 5_000
const ATTEMPTS_MAX = 10
/** A few ids and the name of the host. */
const LOCK_BYTES_MAX = 4096

const schema = z.strictObject({
  // Part of a file name when a stale lock is moved away.
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  pid: z.number(),
  startTime: z.string().optional(),
  pidNamespace: z.string().optional(),
  bootId: z.string().optional(),
  host: z.string(),
})

/** Real paths open in this process: LevelDB's own lock would be dropped by a second open of the same files. */
const openPaths = new Set<string>()

/** Exclusive ownership of a store directory, by a file `lock` that is linked into place. */
export class StoreLock {
  readonly #path: string
  readonly #realPath: string
  readonly #nonce: string
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  #beatMs: number

  private constructor(o: { path: string; realPath: string; nonce: string; clock: Clock }) {
    this.#path = o.path
    this.#realPath = o.realPath
    this.#nonce = o.nonce
    this.#clock = o.clock
    this.#beatMs = o.clock.monotonicMs()
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#timer.unref()
  }

  /** @throws STORE_LOCKED naming the holder */
  static acquire(
    directory: string,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ): StoreLock {
    const realPath = realpathSync(directory)
    if (openPaths.has(realPath)) throw locked('this process', process.pid)
    const nonce = toHex(random.bytes(16))
    const own = ownIdentity()
    const path = join(directory, 'lock')
    const temporary = `${path}.${nonce}`
    writeFileSync(temporary, JSON.stringify({ nonce, ...own }), { mode: 0o600, flush: true })
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (tryLink(temporary, path)) {
          openPaths.add(realPath)
          removeLeftovers(directory)
          return new StoreLock({ path, realPath, nonce, clock })
        }
        removeIfStale(path, own)
      }
      throw new ForgeError('STORE_LOCKED', 'the lock of the store changes hands too fast')
    } finally {
      unlinkSync(temporary)
    }
  }

  /** Who holds the lock of a directory, for reports; undefined when nobody does. */
  static holder(
    directory: string,
  ): { pid: number; host: string; state: 'alive' | 'gone' | 'unknown' } | undefined {
    const holder = readHolder(join(directory, 'lock'))
    if (holder === undefined) return undefined
    return {
      pid: holder.identity.pid,
      host: holder.identity.host,
      state: judge(holder.identity, ownIdentity()),
    }
  }

  /** @throws STORE_FENCED when another process took the store over while this one stood still */
  assertOwned(): void {
    if (this.#clock.monotonicMs() - this.#beatMs < RECHECK_MS) return
    this.#beat()
    if (readHolder(this.#path)?.nonce !== this.#nonce) {
      throw new ForgeError('STORE_FENCED', 'another process took this store over')
    }
  }

  release(): void {
    clearInterval(this.#timer)
    openPaths.delete(this.#realPath)
    if (readHolder(this.#path)?.nonce === this.#nonce) unlinkSync(this.#path)
  }

  #beat(): void {
    try {
      if (readHolder(this.#path)?.nonce !== this.#nonce) return
      const now = this.#clock.now() / 1000
      utimesSync(this.#path, now, now)
      this.#beatMs = this.#clock.monotonicMs()
    } catch {
      // A missed beat is not an error; `assertOwned` looks again before anything is written.
    }
  }
}

function locked(who: string, pid: number): ForgeError {
  return new ForgeError('STORE_LOCKED', `the store is open in ${who} (pid ${pid})`, { details: { pid } })
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Moves a dead holder's lock away and makes sure that it was the one judged; another taker may be faster. */
function removeIfStale(path: string, own: ProcessIdentity): void {
  const holder = readHolder(path)
  if (holder === undefined) return
  const state = judge(holder.identity, own)
  const stale = state === 'gone' || (state === 'unknown' && holder.ageMs > HEARTBEAT_STALE_MS)
  if (!stale) throw locked(`another process on ${holder.identity.host}`, holder.identity.pid)
  // A directory, say: it may be somebody's, and is no lock that another taker could have renewed.
  if (setStrangerAside(path) !== undefined) return
  const moved = `${path}.gone-${holder.nonce}`
  try {
    renameSync(path, moved)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  const removed = readHolder(moved)
  if (removed !== undefined && removed.nonce !== holder.nonce) {
    // Not the one judged: give it back to its owner.
    tryLink(moved, path)
  }
  unlinkSync(moved)
}

/** What killed processes left while they tried for the lock; a young file may belong to one that still tries. */
function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith('lock.')) continue
    const file = join(directory, name)
    const facts = lstatSync(file, { throwIfNoEntry: false })
    const changedMs = facts?.isFile() === true ? facts.mtimeMs : Number.POSITIVE_INFINITY
    if (Date.now() - changedMs > HEARTBEAT_STALE_MS) rmSync(file, { force: true })
  }
}

interface Holder {
  readonly nonce: string
  readonly identity: ProcessIdentity
  readonly ageMs: number
}

/** An unreadable lock counts as one whose holder is unknown; its age then decides. */
function readHolder(path: string): Holder | undefined {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return undefined
  const ageMs = Date.now() - facts.mtimeMs
  const text = readText(path)
  if (text === undefined) return undefined
  const parsed = schema.safeParse(tryParse(text))
  if (!parsed.success) {
    const identity = {
      pid: 0,
      host: 'an unknown host',
      startTime: undefined,
      pidNamespace: undefined,
      bootId: undefined,
    }
    return { nonce: toHex(utf8Encode(text.slice(0, 16))), ageMs, identity }
  }
  const { nonce, pid, host, startTime, pidNamespace, bootId } = parsed.data
  return { nonce, ageMs, identity: { pid, host, startTime, pidNamespace, bootId } }
}

/** What is no lock file of ours, whatever it is, says nothing of its holder. */
function readText(path: string): string | undefined {
  try {
    const bytes = readSmallFileSync(path, { bytesMax: LOCK_BYTES_MAX })
    return bytes === undefined ? undefined : utf8Decode(bytes)
  } catch (error) {
    if (isForgeError(error)) return ''
    throw error
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
