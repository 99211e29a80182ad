/**
 * The last step of every build: `node ../../tools/publishing/src/clean-dist.ts` in the folder of a package, with the
 * folder that the compiler writes into where that is not `dist`. Only files without a source are removed and nothing is
 * written, since tests of other packages read this `dist` meanwhile.
 */
import { readdir, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { missingFiles, staleFiles } from './dist-files.ts'

const [dist = 'dist'] = process.argv.slice(2)
const files = { sources: await filesBelow('src'), outputs: await filesBelow(dist) }
for (const name of staleFiles(files)) {
  await rm(join(dist, name), { force: true })
  console.log(`removed ${dist}/${name}, whose source is gone`)
}
const missing = missingFiles(files)
if (missing.length > 0) {
  console.error(`${dist} lacks ${missing.join(', ')}: remove ${dist}/.tsbuildinfo and build again`)
  process.exitCode = 1
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
    )
}
