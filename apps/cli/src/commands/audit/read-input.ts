import { readBoundedFile, UnfitFile } from '@forgeone/audit'
import { ForgeError, systemCode } from '@forgeone/common'
import { textOfInput } from '../../program/small-input.ts'

/** Receipts, notes and policies are small; a file above this is something else. */
const INPUT_BYTES_MAX: number = 16 * 1024 * 1024

/** A small file that the user names. @throws INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readBoundedFile(path, INPUT_BYTES_MAX)
  } catch (cause) {
    const isMissing = systemCode(cause) === 'ENOENT'
    throw new ForgeError(
      isMissing ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE',
      `${path} ${isMissing ? 'does not exist' : 'cannot be read'}${cause instanceof UnfitFile ? `: ${cause.message}` : ''}`,
      { cause },
    )
  }
}

/** @throws INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function readInputText(path: string): Promise<string> {
  return textOfInput(await readInput(path), path)
}
