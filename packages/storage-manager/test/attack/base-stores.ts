import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VICTIM = join(import.meta.dirname, 'victims', 'fill-store.ts')

export type BaseKind = 'closed' | 'killed'

export interface BaseStore {
  readonly kind: BaseKind
  readonly path: string
  /** How many leaves its audit log had at the end. */
  readonly leaves: number
}

/** A folder in memory if there is any: what is tested is what is read, not the disk. */
export function attackFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'forge-attack-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A store that has rows of every keyspace; `killed` has lost its process before it could close. */
export function filledStore(folder: string, kind: BaseKind): BaseStore {
  const path = join(folder, kind)
  const args = ['--conditions=@forgeone/source', VICTIM, path, kind]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (child.signal !== (kind === 'killed' ? 'SIGKILL' : null) || child.stdout === '')
    throw new Error(child.stderr)
  return { kind, path, leaves: Number(child.stdout) }
}

export function copyOf(base: BaseStore, target: string): string {
  rmSync(target, { recursive: true, force: true })
  cpSync(base.path, target, { recursive: true })
  return target
}
