import { isError, systemCode } from '../realms.ts'
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { ForgeError } from '../forge-error.ts'

export interface SmallFileOptions {
  /** The most that a sound file of this kind has: what is larger is not read. */
  readonly bytesMax: number
}

// A FIFO answers at once instead of waiting for a writer.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Reads a file that is small as a rule, whoever put it there: only a regular one, and never more than the bound.
 * @returns undefined when there is none
 * @throws IO_FAILED for a directory, a FIFO, a socket, a device or a file beyond the bound, and what the operating system throws
 */
export async function readSmallFile(
  path: string,
  { bytesMax }: SmallFileOptions,
): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, FLAGS)
    const bytes = room(path, await file.stat(), bytesMax)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead
    return bytes.subarray(0, length)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw isStranger(error) ? unsuitable(path, 'is no regular file') : error
  }
}

/** As `readSmallFile`, at once. */
export function readSmallFileSync(path: string, { bytesMax }: SmallFileOptions): Uint8Array | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, FLAGS)
    const bytes = room(path, fstatSync(descriptor), bytesMax)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, length)
    return bytes.subarray(0, length)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw isStranger(error) ? unsuitable(path, 'is no regular file') : error
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function room(path: string, facts: Stats, bytesMax: number): Uint8Array {
  if (!facts.isFile()) throw unsuitable(path, 'is no regular file')
  if (facts.size > bytesMax)
    throw unsuitable(path, `has ${facts.size} bytes, and a sound one at most ${bytesMax}`)
  return new Uint8Array(facts.size)
}

function unsuitable(path: string, reason: string): ForgeError {
  return new ForgeError('IO_FAILED', `${path} is not read: it ${reason}`, {
    hint: 'Somebody or something else put this file there; look at it, and put the right one back.',
  })
}

/** A socket cannot be opened, and a link to itself cannot be followed. */
function isStranger(error: unknown): boolean {
  return isError(error) && 'code' in error && (error.code === 'ENXIO' || error.code === 'ELOOP')
}

function isNotFound(error: unknown): boolean {
  return systemCode(error) === 'ENOENT'
}
