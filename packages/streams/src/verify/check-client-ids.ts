import { setImmediate as nextTurn } from 'node:timers/promises'
import { ForgeError } from '@forgeone/common'
import type { ClientIds } from '../append/client-ids.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { isLater } from '../read/soon.ts'
import type { Shard } from '../shard/shard.ts'

/** Between two of these the event loop gets its turn: each is a read of the store. */
const TURN_IDS = 1000

/**
 * Checks that the row of each id that a caller chose is there and names the entry: without it the id could be given twice.
 * @throws STREAM_BLOCK_DAMAGED, and what reading the shard of the id throws
 */
export async function checkClientIds(
  block: DecodedBlock,
  {
    shard,
    ids,
    where,
  }: { readonly shard: Shard; readonly ids: Pick<ClientIds, 'find'>; readonly where: string },
): Promise<void> {
  let checked = 0
  for (let row = 0; row < block.count; row++) {
    // What was removed has freed its id.
    if (block.isRemoved(row) || !shard.topics.has(block.topicIdOf(row))) continue
    const id = block.clientIdOf(row)
    if (id === undefined) continue
    const found = ids.find(id)
    const place = isLater(found) ? await found : found
    const sequence = block.firstSequence + row
    if (place?.shard !== shard.number || place.sequence !== sequence)
      throw new ForgeError(
        'STREAM_BLOCK_DAMAGED',
        `${where} has an entry whose id is not known to be taken`,
        {
          details: { database: shard.database, sequence },
        },
      )
    if (++checked % TURN_IDS === 0) await nextTurn()
  }
}
