import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import type { Position } from '../entry/position.ts'

/** Where a run of one call's entries landed: consecutive sequences of one shard. */
export interface ReceiptPart {
  readonly shard: number
  readonly topicId: number
  readonly clientId: string | undefined
  readonly sequence: number
}

/** What an append returns: proof of where its entries are. */
export interface Receipt {
  /** The commit, which is also the leaf of the audit log. */
  readonly sequence: number
  readonly time: number
  readonly count: number
  /** In the order of the entries given; computed when asked for. */
  readonly ids: readonly string[]
  readonly positions: readonly Position[]
  /** Version of each topic after the append: the number of entries it ever had. */
  readonly versions: ReadonlyMap<string, number>
  /** Root over all entries of the commit. */
  readonly root: Uint8Array
}

/** Ids and positions cost more than the append itself in bulk, so they are made when somebody reads them. */
export class LazyReceipt implements Receipt {
  readonly sequence: number
  readonly time: number
  readonly versions: ReadonlyMap<string, number>
  readonly root: Uint8Array
  readonly #parts: readonly ReceiptPart[]

  constructor(o: {
    sequence: number
    time: number
    versions: ReadonlyMap<string, number>
    root: Uint8Array
    parts: readonly ReceiptPart[]
  }) {
    this.sequence = o.sequence
    this.time = o.time
    this.versions = o.versions
    this.root = o.root
    this.#parts = o.parts
  }

  get count(): number {
    return this.#parts.length
  }

  get ids(): readonly string[] {
    return this.#parts.map((part) => part.clientId ?? entryId(entryIdPrefix({ commitTime: this.time, shard: part.shard }), part))
  }

  get positions(): readonly Position[] {
    return this.#parts.map(({ shard, sequence }) => ({ commitSequence: this.sequence, shard, sequence }))
  }
}
