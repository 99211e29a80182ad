import { SIGNING_OVERLAP_MS } from '@forgeone/crypto'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { formatTime } from '../../render/quantities.ts'
import { addVerifierKeys } from './add-verifier-keys.ts'

export const auditRotateKey: Command = {
  name: 'audit rotate-key',
  summary: 'Sign checkpoints with a new key too, and print its verifier key; the old one goes on for 30 days',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    vkey: {
      type: 'string',
      value: 'FILE',
      description: 'add the verifier keys that sign from now on to it, for whoever verifies',
    },
  },
  examples: ['forge audit rotate-key --data ./data', 'forge audit rotate-key --vkey log.vkey --data ./data'],
  async run({ options, terminal, store, resolvePath }) {
    const keyFile = textOption(options, 'vkey')
    await using forge = await store.open()
    // With the keys of before, so that a place that cannot be written is known before anything changes.
    if (keyFile !== undefined) await addVerifierKeys(resolvePath(keyFile), forge)
    const { text } = await forge.audit.rotateKey()
    const keys = (await forge.audit.verifierKeys).map((key) => key.text)
    const until = Date.now() + SIGNING_OVERLAP_MS
    // The next checkpoint bears both signatures; it is made now, so that whoever looks finds them.
    await forge.audit.checkpoint()
    if (keyFile !== undefined) await addVerifierKeys(resolvePath(keyFile), forge)
    if (terminal.json) {
      await terminal.printJson({ vkey: text, vkeys: keys, bothSignUntil: until })
      return
    }
    terminal.note(
      `the old key signs beside the new one until ${formatTime(until)}; verifiers need the new one by then:`,
    )
    await terminal.printLine(text)
  },
}
