import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What node is called with to run a program of `children/`: compiled where we are compiled, from source where we are not. */
export function childArguments(name: 'ask-image' | 'fill' | 'grow', ...rest: readonly string[]): string[] {
  const program = new URL(`../children/${name}${extname(import.meta.url)}`, import.meta.url)
  return [...process.execArgv, fileURLToPath(program), ...rest]
}
