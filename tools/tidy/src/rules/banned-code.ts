import { numberedLines, sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

// Put together from halves, so that this file keeps its own rule.
const REMINDER = new RegExp(`\\b(?:${'TO'}${'DO'}|${'FIX'}${'ME'})\\b`)
const SILENCED = new RegExp(`@ts-${'ignore'}|@ts-${'nocheck'}`)
const UNTYPED = /(?::|\bas|<|\|)\s*any\b(?!\w|-)|\bany\[\]/
const ONLY = /\b(?:test|describe|it)(?:\.\w+)*\.only\b/
const SKIPPED = /\b(?:test|describe|it)(?:\.\w+)*\.(?:skip|todo)\b/

/** No reminders, no holes in the types, and no test that is left out without a word why. */
export function checkBannedCode(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    const text = files.get(path)!
    for (const [number, line] of numberedLines(text, { codeOnly: false })) {
      if (REMINDER.test(line))
        violations.push({ path, reason: `line ${number} is a reminder; open an issue` })
      if (SILENCED.test(line)) violations.push({ path, reason: `line ${number} silences the compiler` })
    }
    const lines = text.split('\n')
    for (const [number, line] of numberedLines(text, { codeOnly: true })) {
      if (UNTYPED.test(line)) violations.push({ path, reason: `line ${number} uses the type any` })
      if (ONLY.test(line)) violations.push({ path, reason: `line ${number} runs one test only` })
      const hasReason = line.includes('//') || /^\s*\/\//.test(lines[number - 2] ?? '')
      if (SKIPPED.test(line) && !hasReason) {
        violations.push({ path, reason: `line ${number} skips a test without a reason beside it` })
      }
    }
  }
  return violations
}
