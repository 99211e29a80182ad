import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
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
import { readSmallFileSync, setStrangerAside, keepOwner, keepOwnersBelow } from '@forgeone/common/files'
import { z } from 'zod'
import { isSameProcess, judge, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const LOCK_NAME = 'lock'
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
  thread: z.strictObject({ id: z.number(), startTime: z.string() }).optional(),
  host: z.string(),
})

/**
 * Directories open in this thread, by device and number, since they may be renamed: LevelDB's own lock would be dropped by
 * a second open of the same files.
 */
const openDirectories = new Set<string>()

/** Exclusive ownership of a store directory, by a file `lock` that is linked into place. */
export class StoreLock {
  readonly #path: string
  readonly #identity: string
  readonly #nonce: string
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  /** Of the directory, which may be renamed while the store is open. */
  readonly #directory: number | undefined
  #beatMs: number

  private constructor(o: { path: string; identity: string; nonce: string; clock: Clock }) {
    this.#path = o.path
    this.#directory = tryOpenDirectory(dirname(o.path))
    this.#identity = o.identity
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
    const identity = directoryIdentity(realPath)
    if (openDirectories.has(identity)) throw openHere()
    const nonce = toHex(random.bytes(16))
    const own = ownIdentity()
    const path = join(directory, LOCK_NAME)
    const temporary = `${path}.${nonce}`
    writeFileSync(temporary, JSON.stringify({ nonce, ...own }), { mode: 0o600, flush: true })
    keepOwner(temporary)
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (tryLink(temporary, path)) {
          openDirectories.add(identity)
          removeLeftovers(directory)
          return new StoreLock({ path, identity, nonce, clock })
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
    const holder = readHolder(join(directory, LOCK_NAME))
    if (holder === undefined) return undefined
    return {
      pid: holder.identity.pid,
      host: holder.identity.host,
      state: judge(holder.identity, ownIdentity()),
    }
  }

  /** Whether somebody has it open, as far as a taker of the lock would say. */
  static isHeld(directory: string): boolean {
    const holder = readHolder(join(directory, 'lock'))
    return holder !== undefined && !isStale(holder, ownIdentity())
  }

  /**
   * @throws STORE_FENCED when another process took the store over while this one stood still, or the directory was moved or
   *   removed: what is written by its path then would lie beside the store
   */
  assertOwned(): void {
    if (this.#identity !== tryIdentity(dirname(this.#path))) {
      throw new ForgeError(
        'STORE_FENCED',
        'the directory of the store was moved or removed while it was open',
        {
          hint: 'Close the store, and open it where its directory is now. Nothing acknowledged is lost.',
        },
      )
    }
    if (this.#clock.monotonicMs() - this.#beatMs < RECHECK_MS) return
    this.#beat()
    if (readHolder(this.#path)?.nonce !== this.#nonce) {
      throw new ForgeError('STORE_FENCED', 'another process took this store over')
    }
  }

  release(): void {
    clearInterval(this.#timer)
    openDirectories.delete(this.#identity)
    // LevelDB may write tables until it is closed.
    keepOwnersBelow(dirname(this.#path), 1)
    try {
      for (const path of this.#places()) {
        if (readHolder(path)?.nonce !== this.#nonce) continue
        rmSync(path, { force: true })
        return
      }
    } finally {
      if (this.#directory !== undefined) closeSync(this.#directory)
    }
  }

  /** Where it was put, and where a rename of the directory took it. */
  #places(): readonly string[] {
    const directory = this.#directory
    if (directory === undefined) return [this.#path]
    return [this.#path, `/proc/self/fd/${directory}/${LOCK_NAME}`]
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

/** Of the same thread: only a defect of the caller opens twice. */
function openHere(): ForgeError {
  const { pid } = process
  return new ForgeError('STORE_LOCKED', `the store is open in this process (pid ${pid}) already`, {
    details: { pid, isHere: true },
    hint: 'Use the instance that has it open, or close that one first.',
  })
}

function locked(holder: ProcessIdentity, own: ProcessIdentity, state: 'alive' | 'unknown'): ForgeError {
  const { pid, host } = holder
  const details = { pid, host }
  if (isSameProcess(holder, own)) {
    // Another copy of this module, in a realm of its own.
    if (holder.thread !== undefined && holder.thread.id === own.thread?.id) return openHere()
    return new ForgeError(
      'STORE_LOCKED',
      `the store is open in another thread of this process (pid ${pid})`,
      {
        details,
        hint:
          state === 'alive'
            ? 'Close it in that thread, or use it from there.'
            : `Close it in that thread; if the thread has ended, the lock ends within ${HEARTBEAT_STALE_MS / 1000} s.`,
      },
    )
  }
  const who = `the store is open in another process on ${host} (pid ${pid})`
  if (state === 'alive') return new ForgeError('STORE_LOCKED', who, { details })
  return new ForgeError(
    'STORE_LOCKED',
    `${who}, which cannot be seen from here: if it is gone, its lock ends by itself within ${HEARTBEAT_STALE_MS / 1000} s`,
    {
      details,
      hint: 'Wait for it, with lockWaitMs (--wait), or close the store in the process that has it open.',
    },
  )
}

function directoryIdentity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true })
  return `${dev}:${ino}`
}

function tryIdentity(path: string): string | undefined {
  try {
    return directoryIdentity(path)
  } catch {
    return undefined
  }
}

/** Kept for the release alone: without it a store is opened all the same. */
function tryOpenDirectory(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY)
  } catch {
    return undefined
  }
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
  if (state !== 'gone' && !isStale(holder, own)) throw locked(holder.identity, own, state)
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

/** Its holder is gone for certain, or cannot be judged and has not been heard of for long. */
function isStale(holder: Holder, own: ProcessIdentity): boolean {
  const state = judge(holder.identity, own)
  return state === 'gone' || (state === 'unknown' && holder.ageMs > HEARTBEAT_STALE_MS)
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
      thread: undefined,
    }
    return { nonce: toHex(utf8Encode(text.slice(0, 16))), ageMs, identity }
  }
  const { nonce, pid, host, startTime, pidNamespace, bootId, thread } = parsed.data
  return { nonce, ageMs, identity: { pid, host, startTime, pidNamespace, bootId, thread } }
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
