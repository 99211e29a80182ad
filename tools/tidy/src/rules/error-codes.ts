import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

const CODES_PATH = 'packages/common/src/error-codes.ts'
const DOCUMENT_PATH = 'docs/errors.md'
/** It sorts codes by exit status, which does not make them happen. */
const NOT_A_USE: ReadonlySet<string> = new Set([CODES_PATH, 'apps/cli/src/program/exit-codes.ts'])

/** Promised in the documentation for what is not built yet. A code leaves this list when it is first used. */
const AWAITING_USE: ReadonlySet<string> = new Set<string>()

/** Every error code has its row in the documentation, in the same order, and can happen somewhere. */
export function checkErrorCodes(files: FileListing): readonly Violation[] {
  const codes = [...(files.get(CODES_PATH) ?? '').matchAll(/^ {2}([A-Z][A-Z_]*):/gm)].map(
    (match) => match[1]!,
  )
  const rows = [...(files.get(DOCUMENT_PATH) ?? '').matchAll(/^\| `([A-Z][A-Z_]*)` \|/gm)].map(
    (match) => match[1]!,
  )
  const violations: Violation[] = []
  const add = (path: string, reason: string): void => void violations.push({ path, reason })
  if (codes.length === 0) add(CODES_PATH, 'holds no codes')
  for (const code of codes) if (!rows.includes(code)) add(DOCUMENT_PATH, `has no row for ${code}`)
  for (const row of rows)
    if (!codes.includes(row)) add(DOCUMENT_PATH, `has a row for ${row}, which is no code`)
  const isComplete = violations.length === 0
  if (isComplete && rows.join() !== codes.join())
    add(DOCUMENT_PATH, 'has its rows in another order than error-codes.ts')
  const used = usedCodes(files)
  for (const code of codes) {
    if (used.has(code) && AWAITING_USE.has(code))
      add(CODES_PATH, `${code} is used now: take it off the list of those that wait`)
    if (!used.has(code) && !AWAITING_USE.has(code)) add(CODES_PATH, `${code} is never used`)
  }
  return violations
}

function usedCodes(files: FileListing): ReadonlySet<string> {
  const used = new Set<string>()
  for (const path of sourcePaths(files)) {
    if (NOT_A_USE.has(path) || !/^(?:packages|apps)\/[^/]+\/src\//.test(path)) continue
    for (const match of files.get(path)!.matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)) used.add(match[1]!)
  }
  return used
}
