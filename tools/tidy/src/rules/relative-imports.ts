import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'
import { importsOf, isRelative, resolveImport } from '../repository/imports.ts'
import { packageOf, workspacePackages } from '../repository/workspace.ts'

/** Configuration that all packages share lies in the root. */
const SHARED_FILES: ReadonlySet<string> = new Set(['vitest.shared.ts'])

/** Relative imports stay in their package, name a file that is there, and inside `src` never the package's own list. */
export function checkRelativeImports(files: FileListing): readonly Violation[] {
  const packages = workspacePackages(files)
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    const owner = packageOf(packages, path)
    if (owner === undefined) continue
    for (const specifier of importsOf(files.get(path)!).filter(isRelative)) {
      const target = resolveImport(path, specifier)
      if (SHARED_FILES.has(target)) continue
      if (!target.startsWith(`${owner.folder}/`))
        violations.push({ path, reason: `imports ${target} of another package` })
      else if (!files.has(target)) violations.push({ path, reason: `imports ${target}, which is not there` })
      else if (path.startsWith(`${owner.folder}/src/`) && /(?:^|\/)index\.ts$/.test(target)) {
        violations.push({ path, reason: 'imports an index.ts; name the file itself' })
      }
    }
  }
  return violations
}
