import { systemCode } from '@forgeone/common'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A thread of a process; its number may be given out again, its start not. */
export interface ThreadIdentity {
  readonly id: number
  readonly startTime: string
}

/** Enough to tell whether the process that wrote it still lives, even when its number was given out again. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after boot at which the process began; absent where the system does not tell. */
  readonly startTime: string | undefined
  readonly pidNamespace: string | undefined
  readonly bootId: string | undefined
  /** The thread of the process, by its number in the kernel; absent where the system does not tell. */
  readonly thread: ThreadIdentity | undefined
  /** For messages only: names decide nothing. */
  readonly host: string
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: startTimeOf(`${process.pid}`),
    pidNamespace: tryRead(() => readlinkSync('/proc/self/ns/pid')),
    bootId: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    thread: ownThread(),
    host: hostname(),
  }
}

/** A worker may end, by itself or by `terminate`, while its process lives on. */
function ownThread(): ThreadIdentity | undefined {
  // `<pid>/task/<tid>`, of the thread that reads it.
  const id = tryRead(() => Number(readlinkSync('/proc/thread-self').split('/')[2]))
  const startTime = id === undefined ? undefined : startTimeOf(`${process.pid}/task/${id}`)
  return id === undefined || startTime === undefined ? undefined : { id, startTime }
}

export function isSameProcess(left: ProcessIdentity, right: ProcessIdentity): boolean {
  return (
    left.pid === right.pid &&
    left.startTime === right.startTime &&
    left.pidNamespace === right.pidNamespace &&
    left.bootId === right.bootId &&
    left.host === right.host
  )
}

/** `gone` only when that is certain; a process of another namespace or system is `unknown`. */
export function judge(holder: ProcessIdentity, own: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  if (holder.bootId !== undefined && own.bootId !== undefined) {
    if (holder.bootId !== own.bootId) return holder.host === own.host ? 'gone' : 'unknown'
    if (holder.pidNamespace !== own.pidNamespace) return 'unknown'
    const startTime = startTimeOf(`${holder.pid}`)
    if (startTime === undefined || startTime !== holder.startTime) return 'gone'
    if (holder.thread === undefined) return 'alive'
    const { id, startTime: threadStart } = holder.thread
    return startTimeOf(`${holder.pid}/task/${id}`) === threadStart ? 'alive' : 'gone'
  }
  if (holder.host !== own.host) return 'unknown'
  if (!processExists(holder.pid)) return 'gone'
  // Another thread of this process may have ended, which nothing tells here: its heartbeat does.
  return holder.pid === own.pid ? 'unknown' : 'alive'
}

/** Field 22 of `/proc/<task>/stat`; the name in field 2 may hold blanks and parentheses, so count from its end. */
function startTimeOf(task: string): string | undefined {
  return tryRead(() => {
    const stat = readFileSync(`/proc/${task}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie holds no files any more.
    return fields[0] === 'Z' ? undefined : fields[19]
  })
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
