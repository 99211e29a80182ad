import type { FileListing, Violation } from '../repository/file-listing.ts'
import { workspacePackages } from '../repository/workspace.ts'
import { publicNames } from './public-names.ts'

const RENEWAL = 'renew it with `pnpm --filter @forgeone/tidy run api` and add a changeset'

/** The snapshot that each published package should have beside its manifest, by path. */
export function apiSnapshots(files: FileListing): ReadonlyMap<string, string> {
  const published = workspacePackages(files).filter((one) => one.isPublished)
  const snapshots = published.map((one) => [`${one.folder}/api.txt`, publicNames(one, files)] as const)
  // A program exports nothing.
  return new Map(snapshots.filter(([, names]) => names !== ''))
}

/** What packages export is what their committed snapshots say: a change of it is made on purpose. */
export function checkApiSnapshots(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const [path, wanted] of apiSnapshots(files)) {
    const stored = files.get(path)
    if (stored === undefined) violations.push({ path, reason: `is missing; ${RENEWAL}` })
    else if (stored !== wanted)
      violations.push({
        path,
        reason: `is not what the package exports (${difference(stored, wanted)}); ${RENEWAL}`,
      })
  }
  return violations
}

function difference(stored: string, wanted: string): string {
  const [before, after] = [stored, wanted].map((text) => new Set(text.split('\n')))
  const removed = [...before!].filter((line) => !after!.has(line)).map((line) => `-${line}`)
  const added = [...after!].filter((line) => !before!.has(line)).map((line) => `+${line}`)
  return [...removed, ...added].slice(0, 5).join(', ')
}
