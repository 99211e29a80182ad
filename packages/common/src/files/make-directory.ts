import { systemCode } from '../realms.ts'
import { existsSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/**
 * A directory whose name a power cut takes away again takes every acknowledged commit with it. One level at a time,
 * because Node's recursive mkdir never comes back from /proc, where nothing can be made below what exists.
 */
export async function makeDirectoryDurably(path: string): Promise<void> {
  let parent = nearestExisting(path)
  for (const name of relative(parent, path).split(sep)) {
    const directory = join(parent, name)
    await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
      if (!isAlreadyThere(error)) throw error
    })
    await syncDirectory(parent)
    parent = directory
  }
}

function isAlreadyThere(error: unknown): boolean {
  return systemCode(error) === 'EEXIST'
}

/** The nearest directory that exists, for questions about its file system. */
export function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** Makes creations, renames and removals in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
