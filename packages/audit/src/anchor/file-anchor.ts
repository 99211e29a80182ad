import { open, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ForgeError, utf8Decode, systemCode } from '@forgeone/common'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { readBoundedFile, UnfitFile } from '../format/read-bounded-file.ts'
import type { Anchor } from './anchor.ts'
import { compareWithAnchor } from './compare-with-anchor.ts'
import { splitNotes } from './split-notes.ts'

/** Notes of a year at one a second would not be read at once; of one an hour for a century they are. */
const FILE_BYTES_MAX: number = 512 * 1024 * 1024

/**
 * Appends notes to a file, each made durable; best on another machine's disk or a medium that only appends.
 * @throws AUDIT_ANCHOR_FAILED when the file would lie in the data directory, where it shares the data's fate
 */
export async function fileAnchor(o: {
  readonly path: string
  readonly dataDirectory: string
}): Promise<Anchor> {
  for (const name of ['path', 'dataDirectory'] as const)
    if (typeof o[name] !== 'string' || o[name] === '')
      throw new ForgeError('STORE_OPTION_INVALID', `a file anchor is given its ${name}`, {
        details: { option: name },
      })
  const folder = await realFolder(dirname(resolve(o.path))).catch((cause: unknown) => {
    throw failed(o.path, 'its directory cannot be read', cause)
  })
  const path = join(folder, basename(o.path))
  const inside = relative(await realpath(o.dataDirectory).catch(() => resolve(o.dataDirectory)), path)
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
    throw failed(path, 'it lies inside the data directory, which a rollback would take it back with')
  return {
    kind: 'file',
    place: path,
    async newest() {
      await assertFolder(path)
      return (await readNotes(path)).findLast(isWhole)
    },
    async publish(checkpoint, log) {
      await assertFolder(path)
      const notes = await readNotes(path)
      const last = notes.findLast(isWhole)
      if (last === checkpoint) return []
      if (last !== undefined) await compareWithAnchor(log, last)
      await append(path, last === notes.at(-1) ? checkpoint : `\n\n\n${checkpoint}`)
      return []
    },
  }
}

/** What is there of a path with its links followed, and the rest as it was given: a disk may not be mounted. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder)
  } catch (cause) {
    if (!isAbsent(cause) || dirname(folder) === folder) throw cause
    return join(await realFolder(dirname(folder)), basename(folder))
  }
}

async function assertFolder(path: string): Promise<void> {
  try {
    await realpath(dirname(path))
  } catch (cause) {
    throw failed(path, 'its directory cannot be read', cause)
  }
}

/** The notes of an anchor file, oldest first. @throws AUDIT_ANCHOR_FAILED */
export async function readNotes(path: string): Promise<readonly string[]> {
  try {
    return splitNotes(utf8Decode(await readBoundedFile(path, FILE_BYTES_MAX)))
  } catch (cause) {
    if (isAbsent(cause)) return []
    throw failed(path, cause instanceof UnfitFile ? cause.message : 'it cannot be read', cause)
  }
}

function isAbsent(cause: unknown): boolean {
  return systemCode(cause) === 'ENOENT'
}

/** A crash may leave part of a note, as the last piece of the file. */
function isWhole(note: string): boolean {
  return parseCheckpoint(note).ok
}

async function append(path: string, note: string): Promise<void> {
  try {
    await using file = await open(path, 'a', 0o644)
    await file.writeFile(`${note}\n`)
    await file.sync()
  } catch (cause) {
    throw failed(path, 'it cannot be written', cause)
  }
}

function failed(path: string, reason: string, cause?: unknown): ForgeError {
  return new ForgeError('AUDIT_ANCHOR_FAILED', `the anchor file ${path} failed: ${reason}`, {
    cause,
    details: { kind: 'file', absent: isAbsent(cause) },
  })
}
