import { stat } from 'node:fs/promises'
import { verifyBundle, verifyCertificate } from '@forgeone/storage-manager'
import { EXIT } from '../../program/exit-codes.ts'
import type { Command, CommandContext } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { readSmallText } from '../../program/small-input.ts'
import { formatCount, formatTime } from '../../render/quantities.ts'

/** Certificates and keys are small. */
const INPUT_BYTES_MAX = 16 * 1024 * 1024

export const complianceVerify: Command = {
  name: 'compliance verify',
  summary: 'Check an evidence bundle, or the certificate of an erasure; needs no store',
  usage: 'DIR|FILE',
  positionals: { min: 1, max: 1 },
  options: {
    vkey: {
      type: 'string',
      value: 'FILE',
      description: 'verifier keys of the store, from elsewhere than the bundle; a certificate needs them',
    },
  },
  examples: [
    'forge compliance verify ./evidence --vkey ./store.vkey',
    'forge compliance verify certificate.json --vkey ./store.vkey',
  ],
  async run({ options, positionals, terminal, resolvePath, signal }) {
    const path = resolvePath(positionals[0]!)
    const vkeyFile = textOption(options, 'vkey')
    const vkey = vkeyFile === undefined ? {} : { vkey: await readText(resolvePath(vkeyFile), signal) }
    if (await isFile(path)) return await verifyErasure(terminal, { path, signal, ...vkey })
    const verdict = await verifyBundle({ directory: path, ...vkey })
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

/** @throws USAGE without a key: nothing in a certificate says whose it is */
async function verifyErasure(
  terminal: CommandContext['terminal'],
  { path, signal, vkey }: { readonly path: string; readonly signal: AbortSignal; readonly vkey?: string },
): Promise<number> {
  if (vkey === undefined) throw usageError('nothing says whom to believe', 'Add --vkey FILE.')
  const verdict = verifyCertificate({ envelope: await readText(path, signal), vkey })
  const { ok, problem, certificate, leaf } = verdict
  if (terminal.json) await terminal.printJson(verdict)
  else if (certificate === undefined) await terminal.printLine(problem ?? 'it is not accepted')
  else {
    const { requestId, erasedAt, shredKeys } = certificate
    await terminal.printLine(
      `ok  ${formatCount(shredKeys)} keys erased ${formatTime(erasedAt)}, request ${requestId}`,
    )
    if (leaf === undefined)
      terminal.note('it has no receipt: the audit log of the store has to be asked for its leaf')
    else
      await terminal.printLine(
        `commit ${leaf.index} of ${formatTime(leaf.time)} tells of it, under a signed root`,
      )
  }
  return ok ? EXIT.ok : EXIT.damaged
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true
}

async function readText(path: string, signal: AbortSignal): Promise<string> {
  return await readSmallText(path, { bytesMax: INPUT_BYTES_MAX, signal })
}
