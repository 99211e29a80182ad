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
  /** `bundled`: what is published is made of its sources and of the packages that they import. */
  readonly forgeone?: { readonly layer?: number; readonly bundled?: boolean }
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

/** Packages that code of the package may import: what is bundled is there when it is built, and users install none of it. */
export function importedDependencies({ manifest }: WorkspacePackage): Readonly<Record<string, string>> {
  const { dependencies = {}, devDependencies = {}, forgeone } = manifest
  if (forgeone?.bundled !== true) return dependencies
  const own = Object.entries(devDependencies).filter(([name]) => name.startsWith(SCOPE))
  return { ...dependencies, ...Object.fromEntries(own) }
}

/** Names of packages that code of the package may import at run time. */
export function runtimeDependencies(one: WorkspacePackage): ReadonlySet<string> {
  return new Set(Object.keys({ ...importedDependencies(one), ...one.manifest.peerDependencies }))
}
