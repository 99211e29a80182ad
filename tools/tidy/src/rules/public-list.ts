import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const NAMED_REEXPORT = /export\s+(?:type\s+)?\{[^}]*\}\s*from\s*'[^']+'/g

/** `index.ts` lists names and does nothing else; nowhere is there a star or, outside configuration, a default export. */
export function checkPublicList(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const path of sourcePaths(files)) {
    const text = files.get(path)!
    if (/^export \*/m.test(text)) violations.push({ path, reason: 'has `export *`; name what is exported' })
    const isConfiguration = path.endsWith('.config.ts')
    const hasDefault = /^export default\b/m.test(text) || /\bas default\b/.test(text)
    if (hasDefault && !isConfiguration) violations.push({ path, reason: 'has a default export' })
    if (!/\/src\/(?:.*\/)?index\.ts$/.test(path)) continue
    const rest = text.replaceAll(COMMENT, '').replaceAll(NAMED_REEXPORT, '').trim()
    if (rest !== '')
      violations.push({ path, reason: `holds more than named re-exports: ${rest.split('\n')[0]}` })
  }
  return violations
}
