// The programs that read `.env` files, each as it is.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** What a reader made of a text: the bytes of each variable, as latin1. */
export type Reading = Readonly<Record<string, string>>

const SCRIPT = `set -a; . ./file.env || exit 9
for name in "$@"; do printf '%s=%s\\0' "$name" "\${!name-(unset)}"; done`

/** What bash makes of it when it sources the file; `undefined` when it complains. @throws when sourcing made a file */
export function bashReads(text: string, names: readonly string[]): Reading | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'forge-env-'))
  try {
    writeFileSync(join(folder, 'file.env'), text)
    const output = execFileSync('bash', ['-c', SCRIPT, 'bash', ...names], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString('latin1')
    if (readdirSync(folder).length !== 1) throw new Error('sourcing ran something')
    return Object.fromEntries(
      output
        .split('\0')
        .slice(0, -1)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  } catch (error) {
    if (error instanceof Error && 'status' in error) return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `node --env-file` of this Node.js, as a process. */
export function nodeFileReads(text: string, names: readonly string[]): Reading {
  const folder = mkdtempSync(join(tmpdir(), 'forge-env-'))
  try {
    writeFileSync(join(folder, 'file.env'), text)
    const print = 'process.stdout.write(JSON.stringify(process.argv.slice(1).map((n) => process.env[n])))'
    const output = execFileSync(process.execPath, ['--env-file=file.env', '-e', print, '--', ...names], {
      cwd: folder,
      env: {},
    })
    const values = JSON.parse(output.toString()) as string[]
    return Object.fromEntries(names.map((name, index) => [name, latin1(values[index] ?? '(unset)')]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The parser behind `node --env-file`. */
export function nodeReads(text: string): Reading {
  return mapped(parseEnv(text) as Record<string, string>)
}

const DOTENV_LINE =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/**
 * npm dotenv 16 and 17 read by this rule (`lib/main.js`, `parse`); compared with 16.6.1 and 17.4.2 over the texts of
 * these tests when it was written. The package itself is no dependency.
 */
export function dotenvReads(text: string): Reading {
  const found: Record<string, string> = {}
  for (const [, name, raw = ''] of text.replaceAll(/\r\n?/g, '\n').matchAll(DOTENV_LINE)) {
    const trimmed = raw.trim()
    const value = trimmed.replaceAll(/^(['"`])([^]*)\1$/gm, '$2')
    found[name!] = trimmed.startsWith('"')
      ? value.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\r`, '\r')
      : value
  }
  return mapped(found)
}

export function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function mapped(values: Readonly<Record<string, string>>): Reading {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, latin1(value)]))
}
