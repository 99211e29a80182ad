import { cpSync, lstatSync } from 'node:fs'

/** All of a store, but for the socket of the process that has it open, or had it when it was killed: no copy has that. */
export function copyDirectory(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (source) => !lstatSync(source).isSocket() })
}
