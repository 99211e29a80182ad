import type { FileListing, Violation } from '../repository/file-listing.ts'
import { projectPlace, type ProjectPlace } from '../repository/project-place.ts'
import { workspacePackages, type WorkspacePackage } from '../repository/workspace.ts'

const CLEAN_DIST = 'tools/publishing/src/clean-dist.ts'

/**
 * The root says where the project lives, and every published manifest repeats it for registries: npm shows it, and
 * provenance is refused without it. What is packed is built just before, so that it is never empty or of old sources.
 */
export function checkPublishedManifests(files: FileListing): readonly Violation[] {
  const published = workspacePackages(files).filter(({ isPublished }) => isPublished)
  if (published.length === 0) return []
  const place = projectPlace(files)
  const { homepage, bugs } = place?.manifest ?? {}
  if (place === undefined || homepage === undefined || bugs === undefined)
    return [
      {
        path: 'package.json',
        reason: 'needs homepage, bugs and repository { type, url: "git+https://….git" }',
      },
    ]
  return published.flatMap((one) =>
    reasons(one, place).map((reason) => ({ path: `${one.folder}/package.json`, reason })),
  )
}

function reasons({ folder, manifest }: WorkspacePackage, place: ProjectPlace): readonly string[] {
  const { build, prepack } = manifest.scripts ?? {}
  const expected = {
    homepage: `${place.folderAddress}${folder}#readme`,
    bugs: place.manifest.bugs,
    repository: { ...place.manifest.repository, directory: folder },
    publishConfig: { access: 'public', provenance: true },
  }
  const found = Object.entries(expected)
    .filter(
      ([name, value]) => JSON.stringify(manifest[name as keyof typeof expected]) !== JSON.stringify(value),
    )
    .map(([name, value]) => `needs "${name}": ${JSON.stringify(value)}`)
  if ((manifest.keywords ?? []).length === 0) found.push('needs "keywords", by which it is found')
  if (build?.includes(CLEAN_DIST) !== true)
    found.push(`its build needs "node ../../${CLEAN_DIST}", which removes stale files`)
  if (prepack !== build) found.push(`needs the script "prepack": ${JSON.stringify(build)}, as its build`)
  return found
}
