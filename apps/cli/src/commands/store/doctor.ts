import { access, constants, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { examineStore, type DoctorCheck } from '@forgeone/engine'
import { ANCHOR_GRACE_MS_DEFAULT } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { EXIT, exitCodeOfCode } from '../../program/exit-codes.ts'
import { formatDuration } from '../../render/quantities.ts'

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const
const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const

export const doctor: Command = {
  name: 'doctor',
  summary: 'Examine a store without its secret: what is wrong and what to do',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge doctor --data ./data', 'forge doctor --data ./data --json'],
  async run({ terminal, store }) {
    const path = store.path()
    const checks = [...(await examineStore(path)), await anchorCheck(path)]
    const failed = checks.filter((check) => check.status === 'fail')
    if (terminal.json) await terminal.printJson({ ok: failed.length === 0, checks })
    else {
      const width = Math.max(...checks.map((check) => check.name.length))
      for (const { name, status, message, code, next } of checks) {
        const tag = code === undefined || status === 'ok' ? '' : ` [${code}]`
        await terminal.printLine(
          `${terminal.style(MARKS[status], STYLES[status])}  ${name.padEnd(width)}  ${message}${tag}`,
        )
        if (next !== undefined)
          await terminal.printLine(`${' '.repeat(width + 8)}${terminal.style(next, 'dim')}`)
      }
    }
    return failed.length === 0 ? EXIT.ok : exitCodeOfChecks(failed)
  },
}

/** Without a checkpoint elsewhere nothing can show that the whole directory was taken back to an earlier state. */
async function anchorCheck(storePath: string): Promise<DoctorCheck> {
  const file = process.env['FORGE_ANCHOR'] ?? ''
  if (file !== '') return await anchorFileCheck(file, storePath)
  return {
    name: 'anchor',
    status: 'warn',
    message: 'no anchor is set: a rollback of the whole directory would not show',
    next: 'Set FORGE_ANCHOR to a file on another disk or machine, or run forge audit anchor.',
  }
}

/** An anchor that gets no more checkpoints notices no more rollbacks. */
async function anchorFileCheck(file: string, storePath: string): Promise<DoctorCheck> {
  const name = 'anchor'
  const next = 'Make the file writable and reachable; every command that closes the store writes to it.'
  const fails = (message: string): DoctorCheck => {
    return { name, status: 'fail', message, code: 'AUDIT_ANCHOR_FAILED', next }
  }
  try {
    await access(file, constants.R_OK | constants.W_OK)
    const behindMs = (await newestSegmentMs(storePath)) - (await stat(file)).mtimeMs
    if (behindMs > ANCHOR_GRACE_MS_DEFAULT)
      return fails(`${file} got its last checkpoint ${formatDuration(behindMs)} before the last commit`)
    return { name, status: 'ok', message: `commands compare with ${file}` }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (reason !== 'ENOENT') return fails(`${file} cannot be used: ${reason}`)
    return { name, status: 'warn', message: `${file} is not there and holds no checkpoint`, next }
  }
}

/** When the journal was written last: by a commit. */
async function newestSegmentMs(storePath: string): Promise<number> {
  const journal = join(storePath, 'journal')
  const names = (await readdir(journal).catch(() => [])).filter((name) => name !== 'flush-point')
  const times = await Promise.all(names.map(async (name) => (await stat(join(journal, name))).mtimeMs))
  return Math.max(0, ...times)
}

/** Damage outweighs the rest; a newer format, say, is no damage. */
function exitCodeOfChecks(failed: readonly DoctorCheck[]): number {
  const codes = failed.map((check) => (check.code === undefined ? EXIT.damaged : exitCodeOfCode(check.code)))
  return codes.includes(EXIT.damaged) ? EXIT.damaged : codes[0]!
}
