import { checkApiSnapshots } from './api/snapshots.ts'
import type { Rule } from './repository/file-listing.ts'
import { checkBannedCode } from './rules/banned-code.ts'
import { checkDeclaredDependencies } from './rules/declared-dependencies.ts'
import { checkErrorCodes } from './rules/error-codes.ts'
import { checkFileLength } from './rules/file-length.ts'
import { checkFileNames } from './rules/file-names.ts'
import { checkFolderCycles } from './rules/folder-cycles.ts'
import { checkImportCycles } from './rules/import-cycles.ts'
import { checkLayers } from './rules/layers.ts'
import { checkMachinePlaces } from './rules/machine-places.ts'
import { checkPackageContents } from './rules/package-contents.ts'
import { checkPublicList } from './rules/public-list.ts'
import { checkPublishedManifests } from './rules/published-manifests.ts'
import { checkReadmeHeads } from './rules/readme-head.ts'
import { checkReadmeLinks } from './rules/readme-links.ts'
import { checkRealmSafe } from './rules/realm-safe.ts'
import { checkReferences } from './rules/references.ts'
import { checkRelativeImports } from './rules/relative-imports.ts'

/** The rules of this repository, each with the sentence that a failure shows. */
export const ALL_RULES: ReadonlyMap<string, Rule> = new Map([
  ['dependencies have a lower layer', checkLayers],
  ['TypeScript references are the workspace dependencies', checkReferences],
  ['imports are declared in the manifest', checkDeclaredDependencies],
  ['relative imports stay in their package and never name index.ts', checkRelativeImports],
  ['imports form no cycle', checkImportCycles],
  ['folders of a package form no cycle', checkFolderCycles],
  ['index.ts is a list of names, and nothing has a default export', checkPublicList],
  ['files are named in kebab-case and say what is inside', checkFileNames],
  ['files have at most 400 lines', checkFileLength],
  ['no reminders, no any, no test left out', checkBannedCode],
  ['what a value is, is asked whatever realm it comes from', checkRealmSafe],
  ['READMEs begin with name, layer and purpose', checkReadmeHeads],
  ['packages bring all that users need', checkPackageContents],
  ['published manifests say where the project lives, and are built when packed', checkPublishedManifests],
  ['links of READMEs and documents lead somewhere, on a registry too', checkReadmeLinks],
  ['error codes are documented and alive', checkErrorCodes],
  ['nothing names a machine or a registry', checkMachinePlaces],
  ['the public API is what its snapshot says', checkApiSnapshots],
])
