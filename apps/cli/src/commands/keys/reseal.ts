import { Progress } from '../../render/progress.ts'
import type { Command } from '../../program/command.ts'
import { describeReseal, showReseal } from './reseal-progress.ts'

export const keysReseal: Command = {
  name: 'keys reseal',
  summary: 'Go on with a rotation that was cut short: seal everything stored under the present keys',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge keys reseal --data ./data'],
  async run({ terminal, store, signal }) {
    await using forge = await store.open()
    const progress = new Progress(terminal)
    try {
      const report = await forge.keys.reseal({ signal, pace: 'full', onProgress: showReseal(progress) })
      progress.clear()
      if (terminal.json) await terminal.printJson({ resealed: Object.fromEntries(report.resealed) })
      else terminal.note(describeReseal(report))
    } finally {
      progress.clear()
    }
  },
}
