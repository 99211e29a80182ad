import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'
import { importsOf, isRelative, resolveImport } from '../repository/imports.ts'

/** Files that import each other in a circle cannot be read in any order. Imports of types count. */
export function checkImportCycles(files: FileListing): readonly Violation[] {
  const targets = new Map<string, readonly string[]>()
  for (const path of sourcePaths(files)) {
    const imported = importsOf(files.get(path)!).filter(isRelative)
    targets.set(
      path,
      imported.map((specifier) => resolveImport(path, specifier)).filter((target) => files.has(target)),
    )
  }
  const violations: Violation[] = []
  const finished = new Set<string>()
  for (const path of targets.keys()) visit(path, [])
  return violations

  function visit(path: string, trail: readonly string[]): void {
    if (finished.has(path)) return
    const start = trail.indexOf(path)
    if (start !== -1) {
      violations.push({
        path,
        reason: `imports itself by way of ${[...trail.slice(start + 1), path].join(' -> ')}`,
      })
      return
    }
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    finished.add(path)
  }
}
