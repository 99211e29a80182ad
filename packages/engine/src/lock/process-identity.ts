import { systemCode } from '@forgeone/common'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Enough to tell whether the process that wrote it still lives, even when its number was given out again. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after boot at which the process began; absent where the system does not tell. */
  readonly startTime: string | undefined
  readonly pidNamespace: string | undefined
  readonly bootId: string | undefined
  /** For messages only: names decide nothing. */
  readonly host: string
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    pidNamespace: tryRead(() => readlinkSync('/proc/self/ns/pid')),
    bootId: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    host: hostname(),
  }
}

/** `gone` only when that is certain; a process of another namespace or system is `unknown`. */
export function judge(holder: ProcessIdentity, own: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  if (holder.bootId !== undefined && own.bootId !== undefined) {
    if (holder.bootId !== own.bootId) return holder.host === own.host ? 'gone' : 'unknown'
    if (holder.pidNamespace !== own.pidNamespace) return 'unknown'
    const startTime = startTimeOf(holder.pid)
    if (startTime === undefined) return 'gone'
    return startTime === holder.startTime ? 'alive' : 'gone'
  }
  if (holder.host !== own.host) return 'unknown'
  return processExists(holder.pid) ? 'alive' : 'gone'
}

/** Field 22 of `/proc/<pid>/stat`; the name in field 2 may hold blanks and parentheses, so count from its end. */
function startTimeOf(pid: number): string | undefined {
  return tryRead(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
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
