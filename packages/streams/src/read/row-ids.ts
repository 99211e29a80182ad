import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import type { FoundRow } from './scan-request.ts'

/** Ids of rows; those of one commit share a part, which is made once. */
export class RowIds {
  #commitTime = -1
  #shard = -1
  #prefix = ''

  of({ block, row, shard }: Omit<FoundRow, 'topic'>): string {
    const clientId = block.clientIdOf(row)
    if (clientId !== undefined) return clientId
    const commitTime = block.commitTimeOf(row)
    if (commitTime !== this.#commitTime || shard.number !== this.#shard) {
      this.#commitTime = commitTime
      this.#shard = shard.number
      this.#prefix = entryIdPrefix({ commitTime, shard: shard.number })
    }
    return entryId(this.#prefix, { sequence: block.firstSequence + row, topicId: block.topicIdOf(row) })
  }
}
