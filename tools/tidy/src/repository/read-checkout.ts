import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileListing } from './file-listing.ts'

/** Made by tools, or not ours. */
const SKIPPED_NAMES: ReadonlySet<string> = new Set(['.git', '.turbo', 'node_modules', 'dist', 'coverage'])
const SKIPPED_ENDS = ['.tgz', '.tsbuildinfo']
/** Where a store lands when a command runs in the root; ignored by git too. */
const SKIPPED_PATHS: ReadonlySet<string> = new Set(['data'])

/** Reads every file of a checkout, except what is generated or installed. */
export function readCheckout(root: string): FileListing {
  const files = new Map<string, string>()
  addFolder(root, '', files)
  return files
}

function addFolder(root: string, folder: string, files: Map<string, string>): void {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (SKIPPED_NAMES.has(entry.name) || SKIPPED_PATHS.has(path)) continue
    if (entry.isDirectory()) addFolder(root, path, files)
    else if (entry.isFile() && !SKIPPED_ENDS.some((end) => path.endsWith(end))) addFile(root, path, files)
  }
}

/** Programs and tests make and remove scratch files while this reads: one that is gone is not part of the checkout. */
function addFile(root: string, path: string, files: Map<string, string>): void {
  try {
    files.set(path, readFileSync(join(root, path), 'utf8'))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
