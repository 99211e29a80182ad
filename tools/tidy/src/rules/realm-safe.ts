import { numberedLines, sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

/** Where the tests that look at values themselves stand. */
const HOME = 'packages/common/src/realms.ts'
const BARE =
  /\binstanceof\s+(Error|AggregateError|Promise|Uint8Array|Buffer|ArrayBuffer|Date|Map|Set|AbortSignal)\b/

/** `instanceof` denies what comes from another realm: errors of Node.js do, under Jest and in `node:vm` contexts. */
export function checkRealmSafe(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    if (path === HOME || !/^(?:packages|apps)\/[^/]+\/src\//.test(path)) continue
    for (const [number, line] of numberedLines(files.get(path)!, { codeOnly: true })) {
      const name = BARE.exec(line)?.[1]
      if (name === undefined) continue
      const reason = `line ${number} asks for instanceof ${name}, false across realms; see ${HOME}`
      violations.push({ path, reason })
    }
  }
  return violations
}
