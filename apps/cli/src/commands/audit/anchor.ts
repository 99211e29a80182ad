import { commandAnchor, fileAnchor, gatherCosignatures, witnessAnchor, type Anchor } from '@forgeone/audit'
import type { Policy } from '@forgeone/audit/verify'
import type { Command, CommandContext } from '../../program/command.ts'
import { EXIT, exitCodeOfCode } from '../../program/exit-codes.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { readPolicy, readVerifierKeys } from './trust.ts'

/** Words of a command. */
const WORDS_MAX = 64

export const auditAnchor: Command = {
  name: 'audit anchor',
  summary: 'Sign a checkpoint and take it elsewhere: to a file, a witness or a command',
  usage: '[-- COMMAND…]',
  positionals: { min: 0, max: WORDS_MAX },
  options: {
    file: { type: 'string', value: 'FILE', description: 'append it there, outside the data directory' },
    new: { type: 'boolean', description: 'the file was there and is meant to begin anew' },
    witness: { type: 'string', value: 'URL', description: 'show it to a witness, and keep its cosignature' },
    vkey: { type: 'string', value: 'FILE', description: 'verifier key of the witness' },
    policy: {
      type: 'string',
      value: 'FILE',
      description: 'show it to every witness of a policy, and ask for its quorum',
    },
  },
  examples: [
    'forge audit anchor --file /mnt/elsewhere/anchor.txt --data ./data',
    'forge audit anchor --file /mnt/replaced/anchor.txt --new --data ./data',
    'forge audit anchor --witness https://witness.example.com --vkey witness.vkey --data ./data',
    'forge audit anchor --data ./data -- mail -s checkpoint auditor@example.com',
  ],
  async run(context) {
    const { terminal, store, options, resolvePath } = context
    const policyFile = textOption(options, 'policy')
    if (policyFile !== undefined) return await askPolicy(context, await readPolicy(resolvePath(policyFile)))
    const renew = options['new'] === true
    if (renew && textOption(options, 'file') === undefined)
      throw usageError('only a file begins anew', 'Give --file FILE with --new.')
    const anchor = await anchorOf(context)
    // An anchor is code of this process.
    await using forge = await store.openAlone()
    const { size, cosignatures } = await forge.publishTo(anchor, { renew })
    const { kind, place } = anchor
    if (terminal.json) await terminal.printJson({ kind, place, size, cosignatures })
    else await terminal.printLine(`${kind} ${place} has the checkpoint of ${size} commits`)
    return EXIT.ok
  },
}

/** @throws AUDIT_FORK, AUDIT_ROLLBACK */
async function askPolicy({ terminal, store }: CommandContext, policy: Policy): Promise<number> {
  await using forge = await store.openAlone()
  const { audit } = forge
  const checkpoint = await audit.checkpoint()
  const { lines, meetsQuorum, failures } = await gatherCosignatures({ checkpoint, policy, log: audit })
  if (lines.length > 0) await audit.addCosignatures({ checkpoint, lines })
  const size = Number(checkpoint.split('\n')[1])
  for (const { message } of failures) terminal.note(message)
  if (terminal.json)
    await terminal.printJson({ kind: 'policy', size, cosignatures: lines.length, meetsQuorum })
  else
    await terminal.printLine(
      `${lines.length} witnesses have the checkpoint of ${size} commits${meetsQuorum ? '' : ', which is not the quorum'}`,
    )
  return meetsQuorum ? EXIT.ok : exitCodeOfCode('QUORUM_MISSED')
}

/** @throws USAGE, AUDIT_ANCHOR_FAILED, POLICY_FORMAT */
async function anchorOf({ options, positionals, resolvePath, store }: CommandContext): Promise<Anchor> {
  const file = textOption(options, 'file')
  const url = textOption(options, 'witness')
  const chosen = [file, url, positionals[0]].filter((one) => one !== undefined)
  if (chosen.length !== 1)
    throw usageError('a checkpoint goes to one place', 'Give --file, --witness, --policy, or -- COMMAND.')
  if (file !== undefined) return await fileAnchor({ path: resolvePath(file), dataDirectory: store.path() })
  if (url === undefined) return commandAnchor({ argv: positionals })
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError(`"${url}" is not the address of a witness`, 'Give an http or https address.')
  const keyFile = textOption(options, 'vkey')
  if (keyFile === undefined) throw usageError('the key of the witness is not named', 'Add --vkey FILE.')
  const [key] = await readVerifierKeys(resolvePath(keyFile))
  return witnessAnchor({ url, key: key! })
}
