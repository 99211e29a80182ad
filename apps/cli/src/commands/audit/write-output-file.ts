import { writeFile } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'

/** Notes, receipts and verifier keys are there to be handed on. */
const MODE = 0o644

/** @throws IO_FAILED */
export async function writeOutputFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: MODE })
  } catch (cause) {
    throw new ForgeError('IO_FAILED', `${path} cannot be written`, { cause })
  }
}
