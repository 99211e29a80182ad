import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { addVerifierKeys } from './add-verifier-keys.ts'
import { writeOutputFile } from './write-output-file.ts'

export const auditCheckpoint: Command = {
  name: 'audit checkpoint',
  summary: 'Sign a checkpoint over every commit so far and print it',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', description: 'write the checkpoint there' },
    vkey: {
      type: 'string',
      value: 'FILE',
      description: 'add the verifier keys to it, for whoever verifies',
    },
  },
  examples: [
    'forge audit checkpoint --data ./data',
    'forge audit checkpoint -o checkpoint --vkey log.vkey --data ./data',
  ],
  async run({ options, terminal, store, resolvePath }) {
    await using forge = await store.open()
    const note = await forge.audit.checkpoint()
    const keys = (await forge.audit.verifierKeys).map(({ text }) => text)
    const keyFile = textOption(options, 'vkey')
    if (keyFile !== undefined) await addVerifierKeys(resolvePath(keyFile), forge)
    const output = textOption(options, 'output')
    if (output !== undefined) await writeOutputFile(resolvePath(output), note)
    const [origin, size, root] = note.split('\n')
    if (terminal.json)
      await terminal.printJson({ origin, size: Number(size), root, checkpoint: note, vkeys: keys })
    else if (output === undefined) await terminal.print(note)
    else terminal.note(`wrote ${resolvePath(output)}`)
  },
}
