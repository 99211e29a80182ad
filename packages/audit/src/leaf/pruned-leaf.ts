import { ForgeError } from '@forgeone/common'

/** Asked for a leaf below the first that is left. */
export function pruned(index: number, minimumIndex: number): ForgeError {
  return new ForgeError(
    'AUDIT_PRUNED',
    `leaf ${index} was pruned; the log has its leaves from ${minimumIndex}`,
    {
      details: { index, minimumIndex },
    },
  )
}
