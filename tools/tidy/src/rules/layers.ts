import type { FileListing, Violation } from '../repository/file-listing.ts'
import { sourcePaths } from '../repository/file-listing.ts'
import { importsOf, packageName } from '../repository/imports.ts'
import {
  packageOf,
  workspaceDependencies,
  workspacePackages,
  type WorkspacePackage,
} from '../repository/workspace.ts'

/** Dependencies point down: every workspace package that is named or imported has a strictly lower layer. */
export function checkLayers(files: FileListing): readonly Violation[] {
  const packages = workspacePackages(files)
  const byName = new Map(packages.map((one) => [one.manifest.name, one]))
  const violations: Violation[] = []
  for (const one of packages) {
    const path = `${one.folder}/package.json`
    if (one.layer === undefined) violations.push({ path, reason: 'names no forgeone.layer' })
    for (const name of workspaceDependencies(one)) {
      const reason = upwardReason(one, name, byName)
      if (reason !== undefined) violations.push({ path, reason })
    }
  }
  for (const path of sourcePaths(files)) {
    const owner = packageOf(packages, path)
    if (owner === undefined) continue
    const isSource = path.startsWith(`${owner.folder}/src/`)
    for (const name of importsOf(files.get(path)!).map(packageName)) {
      // A test may use its own package as a user does.
      if (name === owner.manifest.name && !isSource) continue
      const reason = name.startsWith('@forgeone/') ? upwardReason(owner, name, byName) : undefined
      if (reason !== undefined) violations.push({ path, reason })
    }
  }
  return violations
}

function upwardReason(
  from: WorkspacePackage,
  name: string,
  byName: ReadonlyMap<string, WorkspacePackage>,
): string | undefined {
  const target = byName.get(name)
  if (target === undefined) return `depends on ${name}, which is not in the workspace`
  if (target.layer !== undefined && from.layer !== undefined && target.layer < from.layer) return undefined
  return `layer ${from.layer ?? '?'} depends on ${name} of layer ${target.layer ?? '?'}`
}
