import { toHex, type Conversion } from '@forgeone/common'
import { entryId, entryIdPrefix } from '../entry/entry-id.ts'
import type { Position } from '../entry/position.ts'

/** Where a run of one call's entries landed: consecutive sequences of one topic and shard. */
export interface ReceiptPart {
  readonly shard: number
  readonly topicId: number
  readonly sequence: number
  readonly count: number
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
  /** The receipt of an earlier append with the same idempotency key: this call appended nothing. */
  readonly duplicate: boolean
}

/** Ids and positions cost more than the append itself in bulk, so they are made when somebody reads them. */
export class LazyReceipt implements Receipt {
  readonly sequence: number
  readonly time: number
  readonly versions: ReadonlyMap<string, number>
  readonly root: Uint8Array
  readonly count: number
  readonly duplicate: boolean
  readonly #parts: readonly ReceiptPart[]
  readonly #clientIds: readonly (string | undefined)[]

  constructor(o: {
    sequence: number
    time: number
    versions: ReadonlyMap<string, number>
    root: Uint8Array
    parts: readonly ReceiptPart[]
    rows: readonly { readonly id?: string | undefined }[]
    duplicate: boolean
  }) {
    this.sequence = o.sequence
    this.time = o.time
    this.versions = o.versions
    this.root = o.root
    this.#parts = o.parts
    this.#clientIds = clientIdsOf(o.rows)
    this.duplicate = o.duplicate
    this.count = o.parts.reduce((sum, part) => sum + part.count, 0)
  }

  /** What crosses to another process: what it is made of. */
  static partsOf(receipt: LazyReceipt): ConstructorParameters<typeof LazyReceipt>[0] {
    const { sequence, time, versions, root, duplicate } = receipt
    const rows = receipt.#clientIds.map((id) => ({ id }))
    return { sequence, time, versions, root, duplicate, parts: receipt.#parts, rows }
  }

  get ids(): readonly string[] {
    let index = 0
    return this.#parts.flatMap((part) => {
      const prefix = entryIdPrefix({ commitTime: this.time, shard: part.shard })
      return Array.from(
        { length: part.count },
        (_, offset) =>
          this.#clientIds[index++] ??
          entryId(prefix, { sequence: part.sequence + offset, topicId: part.topicId }),
      )
    })
  }

  /** All of it: what is made when somebody reads it would be passed over. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { sequence, time, count, ids, positions, versions, root, duplicate } = this
    const numbers = Object.fromEntries(versions)
    return { sequence, time, count, ids, positions, versions: numbers, root: toHex(root), duplicate }
  }

  get positions(): readonly Position[] {
    return this.#parts.flatMap(({ shard, sequence, count }) =>
      Array.from({ length: count }, (_, offset) => ({
        commitSequence: this.sequence,
        shard,
        sequence: sequence + offset,
      })),
    )
  }
}

export const CROSSING_RECEIPT: Conversion = {
  give: (receipt: LazyReceipt) => LazyReceipt.partsOf(receipt),
  take: (parts: ConstructorParameters<typeof LazyReceipt>[0]): Receipt => new LazyReceipt(parts),
}

/** What `console.log` shows. */
Object.defineProperty(LazyReceipt.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: LazyReceipt): unknown {
    return this.toJSON()
  },
})

/** By row; nothing when no row has an id of its caller, as is the rule. */
function clientIdsOf(rows: readonly { readonly id?: string | undefined }[]): readonly (string | undefined)[] {
  return rows.some((row) => row.id !== undefined) ? rows.map((row) => row.id) : []
}
