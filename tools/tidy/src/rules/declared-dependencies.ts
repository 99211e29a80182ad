import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'
import { importsOf, isRelative, packageName } from '../repository/imports.ts'
import { packageOf, parseManifest, runtimeDependencies, workspacePackages } from '../repository/workspace.ts'

/** Sources import what their package depends on; tests may also use development dependencies, theirs and the root's. */
export function checkDeclaredDependencies(files: FileListing): readonly Violation[] {
  const packages = workspacePackages(files)
  const rootText = files.get('package.json')
  const shared = Object.keys((rootText === undefined ? {} : parseManifest(rootText).devDependencies) ?? {})
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    const owner = packageOf(packages, path)
    if (owner === undefined) continue
    const allowed = new Set(runtimeDependencies(owner))
    if (!path.startsWith(`${owner.folder}/src/`)) {
      for (const name of [
        owner.manifest.name,
        ...shared,
        ...Object.keys(owner.manifest.devDependencies ?? {}),
      ])
        allowed.add(name)
    }
    for (const specifier of importsOf(files.get(path)!)) {
      if (specifier.startsWith('node:') || isRelative(specifier)) continue
      // `#name` is an import that the manifest maps to a file of the package, by conditions.
      const isOwn = specifier.startsWith('#')
      const name = isOwn ? specifier : packageName(specifier)
      if (isOwn ? owner.manifest.imports?.[name] === undefined : !allowed.has(name))
        violations.push({ path, reason: `imports ${name}, which ${owner.folder}/package.json does not name` })
    }
  }
  return violations
}
