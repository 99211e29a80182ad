import { posix } from 'node:path'
import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

const KEBAB_CASE =
  /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|property\.test|crash\.test|shared|config|test-d))?\.ts$/
/** They say nothing about what is inside. */
const BANNED: ReadonlySet<string> = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common-stuff',
  'misc',
  'manager2',
  'data',
])

/** File names are kebab-case and say what is inside. */
export function checkFileNames(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    const name = posix.basename(path)
    if (!KEBAB_CASE.test(name)) violations.push({ path, reason: 'is not named in kebab-case' })
    if (BANNED.has(name.split('.')[0]!))
      violations.push({ path, reason: `"${name}" does not say what is inside` })
  }
  return violations
}
