import type { FileListing, Violation } from '../repository/file-listing.ts'
import { workspacePackages, type WorkspacePackage } from '../repository/workspace.ts'

const LICENSE_NAME = 'Apache-2.0'
/** What users install; everything else in the workspace is private. */
const PUBLISHED = /^(?:packages\/|apps\/cli$)/

/** Every package says what it is; a published one brings all that a registry and its users need. */
export function checkPackageContents(files: FileListing): readonly Violation[] {
  return workspacePackages(files).flatMap((one) =>
    reasons(one, files).map((reason) => ({ path: `${one.folder}/package.json`, reason })),
  )
}

function reasons({ folder, manifest, isPublished }: WorkspacePackage, files: FileListing): readonly string[] {
  const found: string[] = []
  if (manifest.license !== LICENSE_NAME) found.push(`its license is not ${LICENSE_NAME}`)
  if ((manifest.description ?? '') === '') found.push('has no description')
  if (PUBLISHED.test(folder) !== isPublished)
    found.push(isPublished ? 'is not marked private' : 'is marked private, yet users install it')
  if (!isPublished) return found
  for (const name of ['README.md', 'LICENSE']) {
    if (!files.has(`${folder}/${name}`)) found.push(`has no ${name}`)
    if (manifest.files?.includes(name) !== true) found.push(`does not name ${name} in files`)
  }
  if (manifest.files?.includes('dist') !== true) found.push('does not name dist in files')
  if (manifest.exports === undefined) found.push('has no exports')
  if (manifest.engines?.['node'] === undefined) found.push('names no version of Node in engines')
  if (folder === 'apps/cli' && manifest.bin?.['forge']?.replace(/^\.\//, '') !== 'dist/main.js')
    found.push('its bin does not lead forge to dist/main.js')
  return found
}
