import { accessSync, constants, lstatSync, renameSync, statSync } from 'node:fs'

/** Nobody sets the same name aside so often without looking. */
const NAMES_MAX = 1000

/**
 * Renames what is no file of ours, so that one can be put in its place and nothing is lost: a directory, a pipe, a socket, a
 * link to such, or a file that may not be read. A regular file, or a link to one, stays.
 * @returns the new name, undefined when nothing was in the way
 */
export function setStrangerAside(path: string): string | undefined {
  if (!isTaken(path) || !isStranger(path)) return undefined
  for (let number = 1; number <= NAMES_MAX; number++) {
    const aside = number === 1 ? `${path}.aside` : `${path}.aside-${number}`
    if (isTaken(aside)) continue
    renameSync(path, aside)
    return aside
  }
  return undefined
}

function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function isStranger(path: string): boolean {
  try {
    // A link that leads nowhere, or in a circle, is none of ours either.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return true
    accessSync(path, constants.R_OK)
    return false
  } catch {
    return true
  }
}
