import { closeSync, constants, fchownSync, fstatSync, openSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

// Node.js names only some of them on every system.
const DIRECTORY = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0)
const ANYTHING = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Gives what root made in a directory of another user to that user, who could not open it otherwise. Only what root owns and
 * bears no second name is given, and it is reached through the directory itself: its owner cannot put a link to something
 * else in its place. Does nothing for other users, and where the system has no `/proc`.
 */
export function keepOwner(path: string): void {
  withOwner(dirname(path), (directory, owner) => give(directory, basename(path), owner))
}

/** The same for everything in a directory, and `levels` of directories in it. */
export function keepOwnersBelow(path: string, levels: number = 0): void {
  withOwner(path, (directory, owner) => {
    for (const name of readdirSync(`/proc/self/fd/${directory}`)) {
      const isDirectory = give(directory, name, owner)
      if (isDirectory && levels > 0) keepOwnersBelow(join(path, name), levels - 1)
    }
  })
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

function withOwner(path: string, action: (directory: number, owner: Owner) => void): void {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return
  let directory: number | undefined
  try {
    directory = openSync(path, DIRECTORY)
    const { uid, gid } = fstatSync(directory)
    if (uid !== 0) action(directory, { uid, gid })
  } catch {
    // Whoever needs the file is told by its own error; here nothing was to be done but a courtesy.
  } finally {
    if (directory !== undefined) closeSync(directory)
  }
}

/** @returns whether it is a directory */
function give(directory: number, name: string, { uid, gid }: Owner): boolean {
  let file: number | undefined
  try {
    file = openSync(`/proc/self/fd/${directory}/${name}`, ANYTHING)
    const facts = fstatSync(file)
    const isOurs = facts.uid === 0 && (facts.isDirectory() || (facts.isFile() && facts.nlink === 1))
    if (isOurs) fchownSync(file, uid, gid)
    return facts.isDirectory()
  } catch {
    return false
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
