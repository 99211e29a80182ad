import { examineStore, type DoctorCheck } from '@forgeone/engine'
import type { Command } from '../../program/command.ts'
import { EXIT, exitCodeOfCode } from '../../program/exit-codes.ts'
import { anchorCheck } from './anchor-check.ts'
import { keyAgeCheck } from './key-age-check.ts'

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
    const checks = [...(await examineStore(path)), await keyAgeCheck(path), await anchorCheck(path)]
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

/** Damage outweighs the rest; a newer format, say, is no damage. */
function exitCodeOfChecks(failed: readonly DoctorCheck[]): number {
  const codes = failed.map((check) => (check.code === undefined ? EXIT.damaged : exitCodeOfCode(check.code)))
  return codes.includes(EXIT.damaged) ? EXIT.damaged : codes[0]!
}
