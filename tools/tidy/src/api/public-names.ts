import type { FileListing } from '../repository/file-listing.ts'
import { resolveImport } from '../repository/imports.ts'
import type { WorkspacePackage } from '../repository/workspace.ts'

const SOURCE_CONDITION = '@forgeone/source'
const REEXPORT = /export\s+(type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/g

/** Every name a package exports with its kind, one a line, by entry point: what users can depend on. */
export function publicNames({ folder, manifest }: WorkspacePackage, files: FileListing): string {
  const sections: string[] = []
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    const source = sourceOf(target)
    if (source === undefined) continue
    const path = resolveImport(`${folder}/package.json`, source)
    const lines = namesOf(path, files).toSorted()
    sections.push([`# ${manifest.name}${entry.slice(1)}`, ...lines].join('\n'))
  }
  return sections.map((section) => `${section}\n`).join('\n')
}

function sourceOf(target: unknown): string | undefined {
  if (typeof target !== 'object' || target === null || !(SOURCE_CONDITION in target)) return undefined
  const source = target[SOURCE_CONDITION]
  return typeof source === 'string' ? source : undefined
}

function namesOf(path: string, files: FileListing): readonly string[] {
  const names: string[] = []
  for (const [, , list, specifier] of (files.get(path) ?? '').matchAll(REEXPORT)) {
    const from = files.get(resolveImport(path, specifier!)) ?? ''
    for (const part of list!.split(',')) {
      const [local, exported] = part
        .trim()
        .replace(/^type /, '')
        .split(' as ')
      if (local !== undefined && local !== '') names.push(`${exported ?? local}: ${kindOf(local, from)}`)
    }
  }
  return names
}

function kindOf(name: string, text: string): string {
  const declaration = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:async )?(class|function\\*?|const|interface|type) ${name}\\b`,
    'm',
  )
  return declaration.exec(text)?.[1] ?? 'unknown'
}
