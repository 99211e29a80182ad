import type { FileListing, Violation } from '../repository/file-listing.ts'
import { resolveImport } from '../repository/imports.ts'
import { importedDependencies, workspacePackages } from '../repository/workspace.ts'

interface ProjectFile {
  readonly references?: readonly { readonly path: string }[]
}

/** TypeScript builds what the manifest names, no more and no less. */
export function checkReferences(files: FileListing): readonly Violation[] {
  const packages = workspacePackages(files)
  const folderOf = new Map(packages.map((one) => [one.manifest.name, one.folder]))
  const violations: Violation[] = []
  for (const one of packages) {
    const { folder } = one
    const path = `${folder}/tsconfig.json`
    const text = files.get(path)
    if (text === undefined) {
      if (hasSources(files, folder)) violations.push({ path, reason: 'is missing' })
      continue
    }
    // Our own file, checked by tsc.
    const { references = [] } = JSON.parse(text) as ProjectFile
    const referenced = references.map((reference) => resolveImport(path, reference.path)).sort()
    const wanted = Object.keys(importedDependencies(one))
      .flatMap((name) => folderOf.get(name) ?? [])
      .sort()
    if (referenced.join() !== wanted.join()) {
      violations.push({
        path,
        reason: `references ${referenced.join(', ') || 'nothing'}; dependencies are ${wanted.join(', ') || 'none'}`,
      })
    }
  }
  return violations
}

/** A package may only bring a program of others. */
function hasSources(files: FileListing, folder: string): boolean {
  return [...files.keys()].some((path) => path.startsWith(`${folder}/src/`))
}
