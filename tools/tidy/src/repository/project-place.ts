import type { FileListing } from './file-listing.ts'
import { parseManifest, type Manifest } from './workspace.ts'

/** The branch whose files links in published READMEs show. */
const BRANCH = 'main'

/** Where the project lives, as its root manifest says. */
export interface ProjectPlace {
  readonly manifest: Manifest
  /** The address of the repository for people: no `git+`, no `.git`. */
  readonly web: string
  /** What the address of a file or folder of the repository begins with. */
  readonly fileAddress: string
  readonly folderAddress: string
}

/** Undefined when the root names no repository. */
export function projectPlace(files: FileListing): ProjectPlace | undefined {
  const manifest = parseManifest(files.get('package.json') ?? '{}')
  const web = /^git\+(https:\/\/.+)\.git$/.exec(manifest.repository?.url ?? '')?.[1]
  if (web === undefined) return undefined
  return { manifest, web, fileAddress: `${web}/blob/${BRANCH}/`, folderAddress: `${web}/tree/${BRANCH}/` }
}
