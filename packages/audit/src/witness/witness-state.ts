import { createHash } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ForgeError, utf8Decode, systemCode } from '@forgeone/common'
import { readBoundedFile } from '../format/read-bounded-file.ts'

/** A note with the signatures of a log and of one witness. */
const NOTE_BYTES_MAX = 64 * 1024

/** Remembers the last checkpoint of each log. */
export interface WitnessState {
  /** The note that was written last for this origin, with the cosignature. */
  read(origin: string): Promise<string | undefined>
  /** Durable when it settles; replaces what was there whole or not at all. */
  write(origin: string, note: string): Promise<void>
}

/** Name of the file, and of the path that monitors ask for: SHA-256 of the origin in hexadecimal. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin, 'utf8').digest('hex')
}

/** One file an origin. @throws IO_FAILED */
export function directoryState(directory: string): WitnessState {
  const fileOf = (origin: string): string => join(directory, `${originHash(origin)}.note`)
  return {
    async read(origin) {
      try {
        return utf8Decode(await readBoundedFile(fileOf(origin), NOTE_BYTES_MAX))
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT') return undefined
        throw new ForgeError('IO_FAILED', 'the state of the witness cannot be read', { cause })
      }
    },
    async write(origin, note) {
      try {
        await replaceFile(directory, fileOf(origin), note)
      } catch (cause) {
        throw new ForgeError('IO_FAILED', 'the state of the witness cannot be written', { cause })
      }
    },
  }
}

async function replaceFile(directory: string, file: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const temporary = `${file}.new`
  {
    await using handle = await open(temporary, 'w', 0o600)
    await handle.writeFile(text)
    await handle.sync()
  }
  await rename(temporary, file)
  // The new name is durable only with its directory.
  await using folder = await open(directory, 'r')
  await folder.sync()
}
