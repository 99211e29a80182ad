import type { Terminal } from './terminal.ts'

/** Prints batches of entries, one a line, with one write a batch. @returns how many */
export async function printEntries<Entry>(
  terminal: Terminal,
  batches: AsyncIterable<readonly Entry[]>,
  lineOf: (entry: Entry) => string,
): Promise<number> {
  let count = 0
  for await (const batch of batches) {
    count += batch.length
    const lines = terminal.json ? batch.map((entry) => JSON.stringify(entry)) : batch.map(lineOf)
    await terminal.print(`${lines.join('\n')}\n`)
  }
  return count
}
