import { stat } from 'node:fs/promises'
import type { ConnectedForge } from '@forgeone/storage-manager'
import { readVerifierKeys } from './trust.ts'
import { writeOutputFile } from './write-output-file.ts'

/** Adds the keys that sign now to a file of verifier keys. Those that stand there stay: receipts of before are verified with them. */
export async function addVerifierKeys(path: string, { audit }: Pick<ConnectedForge, 'audit'>): Promise<void> {
  const known = (await isFilled(path)) ? (await readVerifierKeys(path)).map(({ text }) => text) : []
  // The oldest first, as a file that grows has them.
  const keys = new Set([...known, ...(await audit.verifierKeys).map(({ text }) => text).toReversed()])
  await writeOutputFile(path, [...keys].map((text) => `${text}\n`).join(''))
}

async function isFilled(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined)
  return facts !== undefined && facts.size > 0
}
