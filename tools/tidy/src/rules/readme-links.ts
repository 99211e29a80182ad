import { posix } from 'node:path'
import type { FileListing, Violation } from '../repository/file-listing.ts'
import { projectPlace, type ProjectPlace } from '../repository/project-place.ts'
import { packageOf, workspacePackages } from '../repository/workspace.ts'

const LINK = /\]\(([^()\s]+)\)/g

/**
 * Links of READMEs and documents lead somewhere. Those of a published README are also shown by registries, beside
 * which no other file lies: they name the repository, and what they name is in this checkout.
 */
export function checkReadmeLinks(files: FileListing): readonly Violation[] {
  const place = projectPlace(files)
  const published = workspacePackages(files).filter(({ isPublished }) => isPublished)
  const violations: Violation[] = []
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue
    const isPacked = posix.basename(path) === 'README.md' && packageOf(published, path) !== undefined
    for (const link of linksOf(text)) {
      const target = repositoryPath(link, path, place)
      if (target === undefined) continue
      const isThere = hasTarget(files, target)
      if (!isThere) violations.push({ path, reason: `links to ${link}, which is not there` })
      else if (isPacked && isRelative(link))
        violations.push({
          path,
          reason: `links to ${link}, which is not packed: ${advice(files, target, place)}`,
        })
    }
  }
  return violations
}

/** Links outside of code; `[x](y)` in a block of code is a program. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(LINK)].map((match) => match[1]!)
}

function isRelative(link: string): boolean {
  return !/^(?:[a-z]+:|#)/.test(link)
}

/** The place in the repository that a link means, with its heading; undefined when it leads elsewhere. */
function repositoryPath(link: string, fromPath: string, place: ProjectPlace | undefined): string | undefined {
  if (link.startsWith('#')) return `${fromPath}${link}`
  if (isRelative(link)) return posix.join(posix.dirname(fromPath), link)
  for (const address of place === undefined ? [] : [place.fileAddress, place.folderAddress])
    if (link.startsWith(address)) return link.slice(address.length)
  return undefined
}

function hasTarget(files: FileListing, target: string): boolean {
  const [path = '', heading] = target.split('#')
  const text = files.get(path)
  if (text === undefined) return heading === undefined && isFolder(files, path)
  return heading === undefined || headingsOf(text).includes(heading)
}

function isFolder(files: FileListing, path: string): boolean {
  return [...files.keys()].some((name) => name.startsWith(path.endsWith('/') ? path : `${path}/`))
}

/** Headings as addresses name them: lower case, words joined by dashes, punctuation dropped. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}

function advice(files: FileListing, target: string, place: ProjectPlace | undefined): string {
  if (place === undefined) return 'name the repository in the package.json of the root first'
  const address = files.has(target.split('#')[0]!) ? place.fileAddress : place.folderAddress
  return `write ${address}${target}`
}
