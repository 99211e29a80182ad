import type { FileListing, Violation } from '../repository/file-listing.ts'
import { workspacePackages } from '../repository/workspace.ts'

/** The first lines of a README name the package, its layer and its purpose. */
export function checkReadmeHeads(files: FileListing): readonly Violation[] {
  const violations: Violation[] = []
  for (const { folder, manifest, layer } of workspacePackages(files)) {
    const path = `${folder}/README.md`
    const text = files.get(path)
    // That published packages have one is a rule of its own.
    if (text === undefined) continue
    const [title, blank, purpose = ''] = text.split('\n')
    if (title !== `# ${manifest.name}` || blank !== '')
      violations.push({ path, reason: `does not begin with "# ${manifest.name}"` })
    else if (!purpose.startsWith(`Layer ${layer}. `))
      violations.push({ path, reason: `does not go on with "Layer ${layer}." and its purpose` })
  }
  return violations
}
