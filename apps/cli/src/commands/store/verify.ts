import { isForgeError } from '@forgeone/common'
import type { ForgeVerifyReport } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { EXIT, exitCodeOf } from '../../program/exit-codes.ts'
import { Progress } from '../../render/progress.ts'
import { formatCount, formatDuration } from '../../render/quantities.ts'
import type { Terminal } from '../../render/terminal.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'Check everything stored: chain, checksums, authenticity, index',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge verify --data ./data', 'forge verify --data ./data --json || echo damaged'],
  async run({ terminal, store, signal }) {
    const startedMs = performance.now()
    const progress = new Progress(terminal)
    let report: Pick<ForgeVerifyReport, 'ok' | 'checked' | 'problems'> & Partial<ForgeVerifyReport>
    try {
      await using forge = await store.open()
      report = await forge.verify({
        signal,
        onProgress: ({ database, values }) =>
          progress.update({
            label: `verify ${database}`,
            doneBytes: 0,
            totalBytes: undefined,
            count: values,
            unit: 'values',
          }),
      })
    } catch (error) {
      // A store too damaged to open is a finding, not a failure of the check.
      if (!isForgeError(error) || exitCodeOf(error) !== EXIT.damaged) throw error
      report = {
        ok: false,
        checked: 0,
        problems: [{ code: error.code, where: 'store', message: error.message }],
      }
    } finally {
      progress.clear()
    }
    await printReport(terminal, report, performance.now() - startedMs)
    return report.ok ? EXIT.ok : EXIT.damaged
  },
}

async function printReport(
  terminal: Terminal,
  report: Pick<ForgeVerifyReport, 'ok' | 'checked' | 'problems'> & Partial<ForgeVerifyReport>,
  elapsedMs: number,
): Promise<void> {
  const { ok, checked, counts, problems, notices = [] } = report
  if (terminal.json) {
    await terminal.printJson({ ok, checked, ...(counts === undefined ? {} : { counts }), problems, notices })
    return
  }
  for (const { code, where, message } of problems) {
    await terminal.printLine(`${terminal.style('damaged', 'red')}  ${where}  ${message} [${code}]`)
  }
  for (const { message } of notices) await terminal.printLine(`note  ${message}`)
  const what =
    counts === undefined
      ? `${checked} checks`
      : `${formatCount(counts.values)} values, ${formatCount(counts.blocks)} blocks with ${formatCount(counts.entries)} entries, ${counts.tables} tables, ${counts.frames} journal frames`
  const verdict = ok ? terminal.style('ok', 'green') : terminal.style(`${problems.length} problems`, 'red')
  await terminal.printLine(`${verdict}  ${what} in ${formatDuration(elapsedMs)}`)
  if (!ok) terminal.note('Run `forge doctor` to see what can be done.')
}
