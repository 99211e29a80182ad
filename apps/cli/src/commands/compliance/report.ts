import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { formatCount } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { periodOption } from './period.ts'

export const complianceReport: Command = {
  name: 'compliance report',
  summary:
    'Write the evidence of a period into a new directory, signed, for an assessor to check without the store',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    period: {
      type: 'string',
      value: 'PERIOD',
      description: '2026, 2026-Q3, 2026-11, or FROM/TO with two dates',
    },
    out: { type: 'string', short: 'o', value: 'DIR', description: 'directory that must not exist yet' },
  },
  examples: ['forge compliance report --period 2026-Q4 --out ./evidence --data ./data'],
  async run({ options, terminal, store, resolvePath }) {
    const period = periodOption(options)
    const out = textOption(options, 'out')
    if (out === undefined) throw usageError('no directory is given', 'Add --out DIR.')
    await using forge = await store.open()
    const result = await forge.compliance.report({ ...period, directory: resolvePath(out) })
    if (terminal.json) {
      await terminal.printJson(result)
      return
    }
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'framework' },
          { title: 'control' },
          { title: 'evidence' },
          { title: 'what the log shows' },
          { title: 'why' },
        ],
        result.controls.map(({ framework, id, evidence, state, reason }) => [
          framework,
          id,
          evidence,
          state,
          reason ?? '',
        ]),
      ),
    )
    const { files, begin, end, summary, to } = result
    const { withEvidence, controls, meaning } = summary
    terminal.note(
      `wrote ${formatCount(files.length)} files with ${formatCount(end - begin)} leaves to ${out}; evidence.html is for people`,
    )
    if (to > Date.now())
      terminal.note('the period is not over: what is still to come of it is not in the bundle')
    terminal.note(
      `there is evidence for ${formatCount(withEvidence)} of ${formatCount(controls)} controls. ${meaning}`,
    )
  },
}
