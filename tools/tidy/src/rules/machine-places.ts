import type { FileListing, Violation } from '../repository/file-listing.ts'

// Put together from halves, so that this file keeps its own rule.
const MACHINE_PATH = new RegExp(`(?<![\\w.*-])/${'wo'}${'rk'}/|(?<![\\w.*-])/${'ro'}${'ot'}/`)
const REGISTRY_HOST =
  /\bregistry\.[a-z0-9-]+\.[a-z]+|https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio)[\w.-]*[:/]/i

/** Nothing names a place on somebody's machine, or the host that packages were fetched from. */
export function checkMachinePlaces(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const [path, text] of files) {
    for (const [pattern, what] of [
      [MACHINE_PATH, 'a path of one machine'],
      [REGISTRY_HOST, 'the host of a package registry'],
    ] as const) {
      const found = pattern.exec(text)
      if (found === null) continue
      const line = text.slice(0, found.index).split('\n').length
      violations.push({ path, reason: `line ${line} names ${what}` })
    }
  }
  return violations
}
