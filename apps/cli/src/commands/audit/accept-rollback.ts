import type { Command } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { requiredReason } from '../required-reason.ts'

export const auditAcceptRollback: Command = {
  name: 'audit accept-rollback',
  summary: 'Go on from an older state that an anchor or the journal refuses, under a new name of the log',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    copy: {
      type: 'boolean',
      description: 'it is a copy that lives on beside the other, though nothing refuses it',
    },
    reason: { type: 'string', value: 'TEXT', description: 'why; it stands in the log for good' },
  },
  examples: [
    'forge audit accept-rollback --reason "restored the backup of 3 May" --data ./data',
    'forge audit accept-rollback --copy --reason "for staging" --data ./copy',
  ],
  async run({ terminal, store, options }) {
    await using forge = await store.openAlone({
      acceptRollback: { reason: requiredReason(options), copy: options['copy'] === true },
    })
    const { origin, verifierKeys, endedOrigins } = forge.audit
    const vkey = verifierKeys[0]!.text
    if (terminal.json) {
      await terminal.printJson({ origin, vkey, ended: [...endedOrigins] })
      return EXIT.ok
    }
    await terminal.printLine(`the log goes on as ${origin}`)
    await terminal.printLine(vkey)
    terminal.note(
      'Give the key to those who verify; checkpoints under the old name are evidence and bind no more.',
    )
    return EXIT.ok
  },
}
