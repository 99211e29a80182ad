import { posix } from 'node:path'
import { sourcePaths, type FileListing, type Rule, type Violation } from '../repository/file-listing.ts'
import { importsOf, isRelative, resolveImport } from '../repository/imports.ts'
import { workspacePackages } from '../repository/workspace.ts'

/** Folders that a folder imports from, each with a file that does. */
type FolderImports = Map<string, Map<string, string>>

/** Two folders of a package never import each other, directly or around: its folders can be read in an order. */
export const checkFolderCycles: Rule = (files) =>
  workspacePackages(files).flatMap(({ folder }) => circlesOf(folderImports(files, folder)))

/** Files in the root of `src`, such as its public list, stand above all folders and belong to none. */
function folderImports(files: FileListing, packageFolder: string): FolderImports {
  const root = `${packageFolder}/src`
  const imports: FolderImports = new Map()
  for (const path of sourcePaths(files)) {
    const from = folderOf(path, root)
    if (from === undefined) continue
    for (const specifier of importsOf(files.get(path)!).filter(isRelative)) {
      const to = folderOf(resolveImport(path, specifier), root)
      if (to === undefined || to === from) continue
      const targets = imports.get(from) ?? new Map<string, string>()
      imports.set(from, targets.set(to, path))
    }
  }
  return imports
}

function folderOf(path: string, root: string): string | undefined {
  const folder = posix.dirname(path)
  return folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : undefined
}

function circlesOf(imports: FolderImports): readonly Violation[] {
  const violations: Violation[] = []
  const finished = new Set<string>()
  for (const folder of imports.keys()) visit(folder, [])
  return violations

  function visit(folder: string, trail: readonly string[]): void {
    if (finished.has(folder)) return
    const start = trail.indexOf(folder)
    if (start !== -1) {
      const circle = [...trail.slice(start), folder]
      const path = imports.get(trail.at(-1)!)!.get(folder)!
      violations.push({ path, reason: `closes a circle of folders: ${circle.join(' -> ')}` })
      return
    }
    for (const target of imports.get(folder)?.keys() ?? []) visit(target, [...trail, folder])
    finished.add(folder)
  }
}
