import { readFile } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'
import { verifyBundle } from '@forgeone/storage-manager'
import { EXIT } from '../../program/exit-codes.ts'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { formatCount } from '../../render/quantities.ts'

export const complianceVerify: Command = {
  name: 'compliance verify',
  summary: 'Check an evidence bundle; needs no store',
  usage: 'DIR',
  positionals: { min: 1, max: 1 },
  options: {
    vkey: {
      type: 'string',
      value: 'FILE',
      description: 'verifier key of the store, from elsewhere than the bundle',
    },
  },
  examples: ['forge compliance verify ./evidence --vkey ./store.vkey'],
  async run({ options, positionals, terminal, resolvePath }) {
    const vkeyFile = textOption(options, 'vkey')
    const vkey = vkeyFile === undefined ? {} : { vkey: await readText(resolvePath(vkeyFile)) }
    const verdict = await verifyBundle({ directory: resolvePath(positionals[0]!), ...vkey })
    if (terminal.json) await terminal.printJson(verdict)
    else {
      for (const { file, problem } of verdict.problems) await terminal.printLine(`${file}: ${problem}`)
      if (verdict.ok)
        await terminal.printLine(
          `ok  ${formatCount(verdict.leaves)} leaves of ${verdict.origin} under the signed root`,
        )
      if (!verdict.trusted)
        terminal.note(
          'the key is the one in the bundle: this shows that the bundle belongs together, not whose it is',
        )
    }
    return verdict.ok ? EXIT.ok : EXIT.damaged
  },
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ForgeError('INPUT_NOT_FOUND', `${path} cannot be read`, { cause })
  }
}
