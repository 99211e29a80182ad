import type { FileListing } from './file-listing.ts'

const SCOPE = '@forgeone/'
const MANIFEST_PATTERN = /^((?:packages|apps|tools)\/[^/]+)\/package\.json$/

/** The parts of a package.json that rules look at. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly imports?: Readonly<Record<string, unknown>>
  readonly files?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly keywords?: readonly string[]
  readonly homepage?: string
  readonly bugs?: { readonly url: string }
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string }
  readonly publishConfig?: Readonly<Record<string, unknown>>
  readonly forgeone?: { readonly layer?: number }
}

/** A package of the workspace. */
export interface WorkspacePackage {
  readonly folder: string
  readonly manifest: Manifest
  readonly isPublished: boolean
  /** Undefined when the manifest names none. */
  readonly layer: number | undefined
}

export function workspacePackages(files: FileListing): readonly WorkspacePackage[] {
  const packages: WorkspacePackage[] = []
  for (const [path, text] of files) {
    const folder = MANIFEST_PATTERN.exec(path)?.[1]
    if (folder === undefined) continue
    const manifest = parseManifest(text)
    packages.push({
      folder,
      manifest,
      isPublished: manifest.private !== true,
      layer: manifest.forgeone?.layer,
    })
  }
  return packages
}

export function parseManifest(text: string): Manifest {
  // A manifest that is not of this form makes the rules below report it, which is all that is needed here.
  return JSON.parse(text) as Manifest
}

/** The package that holds a path, if one does. */
export function packageOf(packages: readonly WorkspacePackage[], path: string): WorkspacePackage | undefined {
  return packages.find(({ folder }) => path.startsWith(`${folder}/`))
}

/** Names of the workspace packages that one depends on, development included. */
export function workspaceDependencies({ manifest }: WorkspacePackage): readonly string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
  return Object.keys(all).filter((name) => name.startsWith(SCOPE))
}

/** Names of packages that code of the package may import at run time. */
export function runtimeDependencies({ manifest }: WorkspacePackage): ReadonlySet<string> {
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
}
