import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { basename, join } from 'node:path'

/** No copy has a socket. Copying LOCK would close a descriptor of it, and so drop the kernel's lock on the store that is open. */
const LEFT: ReadonlySet<string> = new Set(['lock', 'LOCK', 'forge.sock'])

/**
 * What a killed process would leave of a store that is open here: its files as they are at one moment. LevelDB writes them on
 * threads of its own, also while they are copied, so a copy is made again until nothing has changed meanwhile.
 */
export async function copyAsKilled(path: string, target: string): Promise<void> {
  for (;;) {
    const before = listed(path)
    try {
      cpSync(path, target, { recursive: true, filter: (source) => !LEFT.has(basename(source)) })
      if (listed(path) === before) return
    } catch (error) {
      // A file that was there a moment ago is gone.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    rmSync(target, { recursive: true, force: true })
    await setTimeout(20)
  }
}

function listed(path: string): string {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
  return files
    .map((name) => {
      const found = statSync(join(path, name), { throwIfNoEntry: false })
      // The heartbeat of the lock says nothing of the store.
      return found?.isFile() === true && !LEFT.has(basename(name))
        ? `${name} ${found.size} ${found.mtimeMs}`
        : name
    })
    .join('\n')
}
