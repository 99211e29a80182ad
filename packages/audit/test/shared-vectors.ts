import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHARED = process.env['FORGE_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url))

/** Every JSON file below a folder of the shared vectors. @returns undefined, with a notice, where they are absent */
export function sharedCases<T>(folder: string): readonly { name: string; content: T }[] | undefined {
  const root = join(SHARED, folder)
  if (!existsSync(root)) {
    process.stderr.write(`skipped: ${root} is not there\n`)
    return undefined
  }
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, path: join(root, name) }))
    .filter(({ path }) => path.endsWith('.json') && statSync(path).isFile())
    .map(({ name, path }) => ({ name, content: JSON.parse(readFileSync(path, 'utf8')) as T }))
}
