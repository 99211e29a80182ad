import { isUtf8 } from 'node:buffer'
import { ForgeError, utf8Decode } from '@forgeone/common'
import type { Vault } from '../vault/vault.ts'
import { PATHS_PER_READ_MAX } from '../vault/vault-options.ts'
import { ENVIRONMENT_NAME, type EnvironmentEntry } from './environment-entry.ts'
import { formatVariables, type LabelledEntry } from './format-environment.ts'
import { parseEnvironment } from './parse-environment.ts'

/** Variables that would run code or change what runs in a child process. */
const DANGEROUS =
  /^(NODE_OPTIONS|NODE_PATH|PATH|LD_.*|DYLD_.*|BASH_ENV|BASH_FUNC_.*|BASHOPTS|SHELLOPTS|PROMPT_COMMAND|PS4|IFS|PERL5OPT|PERL5LIB|PYTHONSTARTUP|PYTHONPATH|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS)$/

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
  vault: Pick<Vault, 'getMany' | 'list' | 'set'>,
  text: string | Uint8Array,
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
 * @throws VAULT_ENV_FORMAT naming the path: of one that gives no name, a name that occurs twice or would change what
 * runs, and of a value that no variable can hold (a NUL, or bytes that are no UTF-8 text)
 */
export async function readEnvironment(
  vault: Pick<Vault, 'getMany' | 'list' | 'set'>,
  options: EnvironmentOptions = {},
): Promise<readonly EnvironmentEntry[]> {
  return (await readVariables(vault, options)).map(({ name, value }) => ({ name, value }))
}

/** Secrets as the text of an `.env` file. */
export interface ExportedEnvironment {
  readonly names: readonly string[]
  /** Read alike by bash, `node --env-file`, npm dotenv and `importEnvironment`. */
  readonly text: string
}

/**
 * Writes secrets as the text of an `.env` file, named as `readEnvironment` names them.
 * @throws VAULT_ENV_FORMAT naming the path of a value that readers of such files would not take alike, and what
 * `readEnvironment` throws
 */
export async function exportEnvironment(
  vault: Pick<Vault, 'getMany' | 'list' | 'set'>,
  options: EnvironmentOptions = {},
): Promise<ExportedEnvironment> {
  const variables = await readVariables(vault, options)
  return { names: variables.map(({ name }) => name), text: formatVariables(variables) }
}

async function readVariables(
  vault: Pick<Vault, 'getMany' | 'list' | 'set'>,
  { prefix, allow = [] }: EnvironmentOptions,
): Promise<readonly LabelledEntry[]> {
  const secrets = await vault.list(prefix === undefined ? '**' : `${prefix}/**`)
  const readable = secrets.filter(({ versions }) => versions.at(-1)?.state === 'readable')
  const paths = pathsByName(
    readable.map(({ path }) => path),
    allow,
  )
  const entries: LabelledEntry[] = []
  const names = [...paths.keys()]
  for (let start = 0; start < names.length; start += PATHS_PER_READ_MAX) {
    const portion = names.slice(start, start + PATHS_PER_READ_MAX)
    const values = await vault.getMany(portion.map((name) => paths.get(name)!))
    try {
      for (const [index, name] of portion.entries()) {
        const value = values[index]
        if (value === undefined) continue
        const label = paths.get(name)!
        entries.push({ name, label, value: textOf(value.bytes, label) })
      }
    } finally {
      for (const value of values) value?.wipe()
    }
  }
  return entries
}

function pathsByName(found: readonly string[], allow: readonly string[]): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const path of found) {
    const name = path.split('/').at(-1)!.toUpperCase().replaceAll(/[-.]/g, '_')
    if (!ENVIRONMENT_NAME.test(name)) throw refused(`${path} gives no name of a variable`)
    if (DANGEROUS.test(name) && !allow.includes(name))
      throw refused(`${path} gives ${name}, which changes what runs; allow it by name`)
    if (paths.has(name)) throw refused(`${paths.get(name)} and ${path} give the same variable ${name}`)
    paths.set(name, path)
  }
  return paths
}

function textOf(bytes: Uint8Array, path: string): string {
  if (bytes.includes(0)) throw refused(`${path} holds a NUL, which no variable can hold`)
  if (!isUtf8(bytes)) throw refused(`${path} is no UTF-8 text, which a variable would not keep`)
  return utf8Decode(bytes)
}

function refused(reason: string): ForgeError {
  return new ForgeError('VAULT_ENV_FORMAT', `the secrets give no environment: ${reason}`)
}
