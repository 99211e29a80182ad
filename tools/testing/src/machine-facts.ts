import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where the tests of images look for programs too. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

export interface Machine {
  readonly searchPath: string
  /** Sample data, which need not be there. */
  readonly dataFolder: string
}

/**
 * A short text that differs where another machine, or the same one later, would run other tests or give them other data:
 * some ask other programs and are skipped without, some need root, and some read samples.
 */
export function machineFacts({ searchPath, dataFolder }: Machine): string {
  const programs = [...new Set([...searchPath.split(delimiter), ...SYSTEM_FOLDERS])].flatMap((folder) =>
    filesOf(folder, { recursive: false }),
  )
  const facts = [
    `${process.platform} ${process.arch} ${release()}, user ${process.getuid?.() ?? 'unknown'}`,
    ...programs,
    ...filesOf(dataFolder, { recursive: true }),
  ]
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)
}

/** Its files, each with size and time; nothing for a folder that is not there. */
function filesOf(folder: string, { recursive }: { readonly recursive: boolean }): readonly string[] {
  if (folder === '' || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(folder, { recursive, encoding: 'utf8' })
    .sort()
    .flatMap((name) => {
      const path = join(folder, name)
      const found = statSync(path, { throwIfNoEntry: false })
      return found?.isFile() === true ? [`${path} ${found.size} ${found.mtimeMs}`] : []
    })
}
