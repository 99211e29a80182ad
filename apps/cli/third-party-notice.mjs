// What has to go along with code of others that is in the bundle: their licences, word for word.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/
const LICENSE_FILE = /^(?:licen[cs]e|copying)(?:[.-].*)?$/i

/** The notice for bundled modules. @throws when a package of others brings no text of its licence */
export async function thirdPartyNotice(modulePaths) {
  const folders = new Set(modulePaths.flatMap((path) => PACKAGE_FOLDER.exec(path)?.[0] ?? []))
  const parts = await Promise.all([...folders].map(partOf))
  return ['This program contains code of others, under these licences.', ...parts.sort()].join(
    `\n\n${'='.repeat(80)}\n\n`,
  )
}

async function partOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((one) => LICENSE_FILE.test(one))
  if (file === undefined) throw new Error(`${name} is bundled and brings no text of its licence`)
  return `${name} ${version} (${license})\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`
}
