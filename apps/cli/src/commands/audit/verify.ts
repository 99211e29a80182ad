import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'
import { TRUST_OPTIONS } from './trust.ts'
import { verifyDirectory, verifyReceiptFile, verifyStore } from './verify-kinds.ts'

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'Verify the log of a store, an exported or foreign log, or a receipt',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    log: { type: 'string', value: 'DIR', description: 'an exported or foreign log; needs no store' },
    receipt: {
      type: 'string',
      value: 'FILE',
      description: 'a receipt or .tlog-proof, and what its entries say; needs no store',
    },
    leaf: { type: 'string', value: 'FILE', description: 'the leaf of a bare .tlog-proof' },
    ...TRUST_OPTIONS,
    anchor: {
      type: 'string',
      value: 'FILE',
      description: 'checkpoints kept elsewhere, which the log must contain',
    },
    'min-index': { type: 'string', value: 'N', description: 'a log that was pruned: its first leaf' },
    'hashes-only': { type: 'boolean', description: 'an export without leaves: verify its hashes' },
  },
  examples: [
    'forge audit verify --data ./data --anchor /mnt/elsewhere/anchor.txt',
    'forge audit verify --log ./audit-log --vkey log.vkey',
    'forge audit verify --receipt commit-12.receipt --vkey log.vkey --policy policy.txt',
  ],
  async run(context) {
    const { log, receipt } = context.options
    if (log !== undefined && receipt !== undefined)
      throw usageError('both a log and a receipt are given', 'Verify one after the other.')
    if (log !== undefined) return await verifyDirectory(context)
    if (receipt !== undefined) return await verifyReceiptFile(context)
    return await verifyStore(context)
  },
}
