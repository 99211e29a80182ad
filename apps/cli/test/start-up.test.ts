/** What is loaded before a command runs: finding and compiling a store takes longer than most commands. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { loadCommands } from '../src/program/noun.ts'
import { NOUNS } from '../src/nouns.ts'
import { MAIN } from './run-forge.ts'

const folder = dirname(MAIN)
const STORE = 'classic-level'
const files = new Map(
  readdirSync(folder)
    .filter((name) => /\.m?js$/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
)

/** Files and packages that come with a file. */
function loadedWith(name: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name)) return found
  found.add(name)
  for (const [, target] of (files.get(name) ?? '').matchAll(
    /^(?:import|export)\b[^;'"]*["'](?:\.\/)?([^"']+)["'];?$/gm,
  ))
    loadedWith(target!, found)
  return found
}

/** Files that a file loads when it needs them. */
function loadedLater(name: string): readonly string[] {
  return [...files.get(name)!.matchAll(/\bimport\("\.\/([^"]+)"\)/g)].map(([, target]) => target!)
}

it('the start, each help and the arguments of each command load no store', async () => {
  const [program] = loadedLater('main.js')
  const starts = [...loadedWith('main.js'), ...loadedWith(program!)]
  const commands = [...new Set(starts.filter((name) => files.has(name)).flatMap(loadedLater))]
  const opening = commands.filter((name) => name.startsWith('store-opening'))
  expect(opening).toHaveLength(1)
  // One that opened none would find all others fine.
  expect(loadedWith(opening[0]!)).toContain(STORE)
  expect(commands.length).toBeGreaterThanOrEqual((await loadCommands(NOUNS)).length)
  const withoutStore = [...starts, ...commands.filter((name) => !opening.includes(name))]
  expect(withoutStore.filter((name) => loadedWith(name).has(STORE))).toEqual([])
})
