import { ForgeError } from '@forgeone/common'
import type { Vault } from '../vault/vault.ts'
import { PATHS_PER_READ_MAX } from '../vault/vault-options.ts'
import { ENVIRONMENT_NAME, parseEnvironment, type EnvironmentEntry } from './environment-text.ts'

/** Variables that would run code or change what runs in a child process. */
const DANGEROUS = /^(NODE_OPTIONS|PATH|LD_.*|DYLD_.*)$/

export interface EnvironmentOptions {
  /** Secrets `<prefix>/<name>`; all of the vault without. */
  readonly prefix?: string | undefined
  /** Names that are taken although they would change what runs. */
  readonly allow?: readonly string[] | undefined
}

/**
 * Sets one secret for each variable of an `.env` text, under the prefix.
 * @returns the paths @throws VAULT_ENV_FORMAT, and what `Vault.set` throws; what was set before stays
 */
export async function importEnvironment(
  vault: Vault,
  text: string,
  { prefix }: Pick<EnvironmentOptions, 'prefix'> = {},
): Promise<readonly string[]> {
  const entries = parseEnvironment(text)
  const paths: string[] = []
  for (const { name, value } of entries) {
    const path = prefix === undefined ? name : `${prefix}/${name}`
    await vault.set(path, value)
    paths.push(path)
  }
  return paths
}

/**
 * Secrets as variables: the last segment of the path is the name, in capitals, with `-` and `.` as `_`.
 * @throws VAULT_ENV_FORMAT for a path that gives no name, a name that occurs twice, or one that would change what runs
 */
export async function readEnvironment(
  vault: Vault,
  { prefix, allow = [] }: EnvironmentOptions = {},
): Promise<readonly EnvironmentEntry[]> {
  const secrets = await vault.list(prefix === undefined ? '**' : `${prefix}/**`)
  const readable = secrets.filter(({ versions }) => versions.at(-1)?.state === 'readable')
  const paths = new Map<string, string>()
  for (const { path } of readable) {
    const name = path.split('/').at(-1)!.toUpperCase().replaceAll(/[-.]/g, '_')
    if (!ENVIRONMENT_NAME.test(name)) throw refused(`${path} gives no name of a variable`)
    if (DANGEROUS.test(name) && !allow.includes(name))
      throw refused(`${name} changes what runs; allow it by name`)
    if (paths.has(name)) throw refused(`${paths.get(name)} and ${path} give the same variable ${name}`)
    paths.set(name, path)
  }
  const entries: EnvironmentEntry[] = []
  const names = [...paths.keys()]
  for (let start = 0; start < names.length; start += PATHS_PER_READ_MAX) {
    const portion = names.slice(start, start + PATHS_PER_READ_MAX)
    const values = await vault.getMany(portion.map((name) => paths.get(name)!))
    for (const [index, name] of portion.entries()) {
      const value = values[index]
      if (value === undefined) continue
      entries.push({ name, value: value.text() })
      value.wipe()
    }
  }
  return entries
}

function refused(reason: string): ForgeError {
  return new ForgeError('VAULT_ENV_FORMAT', `the secrets give no environment: ${reason}`)
}
