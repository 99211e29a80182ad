import type { JsonObject, JsonValue } from '@forgeone/common'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { EMPTY_METADATA } from '../entry/validate.ts'
import type { MatchRow } from '../query/match-row.ts'

/** One row after another of a block, as the filter of a query sees it; nothing is decoded before it is asked for. */
export class RowCursor implements MatchRow {
  readonly block: DecodedBlock
  readonly #nameOf: (topicId: number) => string
  readonly #idOf: (row: number) => string
  #row = 0

  constructor(o: {
    block: DecodedBlock
    nameOf: (topicId: number) => string
    idOf: (row: number) => string
  }) {
    this.block = o.block
    this.#nameOf = o.nameOf
    this.#idOf = o.idOf
  }

  at(row: number): this {
    this.#row = row
    return this
  }

  get topic(): string {
    return this.#nameOf(this.block.topicIdOf(this.#row))
  }

  get timestamp(): number {
    return this.block.timestampOf(this.#row)
  }

  get level(): number {
    return this.block.levelOf(this.#row)
  }

  text(): string {
    return this.block.textKindOf(this.#row) === 'bytes' ? '' : this.block.textOf(this.#row)
  }

  id(): string {
    return this.#idOf(this.#row)
  }

  marker(): string | undefined {
    return this.block.markerOf(this.#row)
  }

  metadata(): JsonObject {
    // Written by us as canonical JSON of a plain object.
    return JSON.parse(this.block.metadataOf(this.#row) ?? EMPTY_METADATA) as JsonObject
  }

  payload(): JsonValue | undefined {
    // Written by us as canonical JSON.
    return this.block.textKindOf(this.#row) === 'json' ? (JSON.parse(this.text()) as JsonValue) : undefined
  }
}
