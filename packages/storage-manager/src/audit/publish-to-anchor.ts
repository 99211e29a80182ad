import type { Anchor, AuditLog } from '@forgeone/audit'
import { ForgeError, isForgeError } from '@forgeone/common'
import type { AnchorMemory } from './anchor-memory.ts'

/**
 * Takes a checkpoint to an anchor, and remembers that it has one.
 * @returns the signature lines that it added
 * @throws AUDIT_ANCHOR_FAILED, AUDIT_ANCHOR_EMPTY, AUDIT_ROLLBACK, AUDIT_FORK
 */
export async function publishToAnchor(
  anchor: Anchor,
  o: {
    readonly checkpoint: string
    readonly log: AuditLog
    readonly memory: AnchorMemory
    /** It begins anew: its owner says that it is meant to be empty. */
    readonly renew: boolean
  },
): Promise<readonly string[]> {
  const { checkpoint, log, memory, renew } = o
  const known = await memory.knows(anchor)
  if (known && !renew && (await isEmpty(anchor))) throw anchorEmpty(anchor)
  const lines = await anchor.publish(checkpoint, log)
  if (lines.length > 0) await log.addCosignatures({ checkpoint, lines })
  // One that never gives a note back cannot be missed.
  if (!known && (await anchor.newest()) !== undefined) await memory.remember(anchor)
  return lines
}

/** Whether it had a note and has none any more: its disk may not be mounted. @throws AUDIT_ANCHOR_FAILED */
export async function hasVanished(anchor: Anchor, memory: AnchorMemory): Promise<boolean> {
  return (await memory.knows(anchor)) && (await isEmpty(anchor))
}

export function anchorEmpty({ place }: Anchor): ForgeError {
  return new ForgeError(
    'AUDIT_ANCHOR_EMPTY',
    `the anchor ${place} had checkpoints of this store and has none any more; nothing is published there`,
    {
      details: { place },
      hint: 'Bring it back: mount its disk. If a new one is meant: forge audit anchor --file FILE --new.',
    },
  )
}

async function isEmpty(anchor: Anchor): Promise<boolean> {
  try {
    return (await anchor.newest()) === undefined
  } catch (error) {
    if (isForgeError(error, 'AUDIT_ANCHOR_FAILED') && error.details['absent'] === true) return true
    throw error
  }
}
