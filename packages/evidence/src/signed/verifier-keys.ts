import { parseVerifierKey, type VerifierKey } from '@forgeone/audit/verify'

/** The keys in a text that has one a line; lines that are none are left out. */
export function readVerifierKeys(text: string): readonly VerifierKey[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.flatMap((line) => (line === '' ? [] : (parseVerifierKey(line) ?? [])))
}
