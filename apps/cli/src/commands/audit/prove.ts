import { formatReceipt, type EntryPart } from '@forgeone/audit'
import { isForgeError } from '@forgeone/common'
import type { ConnectedForge } from '@forgeone/storage-manager'
import type { EntryProof } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { sequenceOf } from './sequence.ts'
import { writeOutputFile } from './write-output-file.ts'

export const auditProve: Command = {
  name: 'audit prove',
  summary: 'Write a receipt that proves a commit to whoever has the verifier key',
  usage: 'SEQ | --entry ID',
  positionals: { min: 0, max: 1 },
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', description: 'write there instead of standard output' },
    entry: {
      type: 'string',
      value: 'ID',
      description: 'prove the commit of this event or log entry, and the way of its run to the commit',
    },
    bare: { type: 'boolean', description: 'only the proof, as .tlog-proof, without the leaf' },
  },
  examples: [
    'forge audit prove 12 --out commit-12.receipt --data ./data',
    'forge audit prove 12 --bare --out commit-12.tlog-proof --data ./data',
  ],
  async run({ options, positionals, terminal, store, resolvePath }) {
    const id = textOption(options, 'entry')
    const [typed] = positionals
    if ((id === undefined) === (typed === undefined))
      throw usageError('one commit or one entry is proved', 'Give its number, or --entry ID.')
    await using forge = await store.open()
    const proof = id === undefined ? undefined : await entryProof(forge, id)
    const index = proof?.commitSequence ?? sequenceOf(typed!)
    const receipt = await forge.audit.receipt(index, proof === undefined ? {} : { entry: entryPart(proof) })
    const text = options['bare'] === true ? receipt.proof : formatReceipt(receipt)
    const out = textOption(options, 'out')
    if (out === undefined || out === '-') {
      await terminal.print(text)
      return
    }
    await writeOutputFile(resolvePath(out), text)
    if (terminal.json)
      await terminal.printJson({ sequence: index, bytes: Buffer.byteLength(text), path: resolvePath(out) })
    else terminal.note(`wrote ${resolvePath(out)}`)
  },
}

/** An id does not say whether it is an event's or a log entry's. @throws STREAM_ENTRY_UNKNOWN, STREAM_PROOF_INCOMPLETE */
async function entryProof(forge: ConnectedForge, id: string): Promise<EntryProof> {
  try {
    return await forge.events.prove(id)
  } catch (error) {
    if (!isForgeError(error, 'STREAM_ENTRY_UNKNOWN')) throw error
    return await forge.logs.prove(id)
  }
}

/** A larger run stands for its content by its hash: a receipt is a small file. */
const CONTENT_BYTES_MAX = 48 * 1024

function entryPart({ runHash, content, index, size, path }: EntryProof): EntryPart {
  const part = { hash: base64(runHash), index, size, path: path.map(base64) }
  return content.length > CONTENT_BYTES_MAX ? part : { ...part, content: base64(content) }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
