import { isAscii } from 'node:buffer'
import { asBuffer, type JsonObject, type JsonValue } from '@forgeone/common'
import type { HotBlock } from '../block/hot-block.ts'
import type { MatchRow } from '../query/match-row.ts'

/** Text columns that are pure ASCII decode faster as latin1. */
const encodings = new WeakMap<HotBlock, 'latin1' | 'utf8'>()

export function rowText(block: HotBlock, row: number): string {
  let encoding = encodings.get(block)
  if (encoding === undefined) {
    encoding = isAscii(block.columns.text) ? 'latin1' : 'utf8'
    encodings.set(block, encoding)
  }
  const { textOffsets } = block.columns
  return asBuffer(block.columns.text).toString(encoding, textOffsets[row]!, textOffsets[row + 1]!)
}

/** One row after another of a block, as the filter of a query sees it; nothing is decoded before it is asked for. */
export class RowCursor implements MatchRow {
  readonly #block: HotBlock
  readonly #topics: ReadonlyMap<number, string>
  readonly #idOf: (row: number) => string
  #row = 0

  constructor(o: { block: HotBlock; topics: ReadonlyMap<number, string>; idOf: (row: number) => string }) {
    this.#block = o.block
    this.#topics = o.topics
    this.#idOf = o.idOf
  }

  at(row: number): this {
    this.#row = row
    return this
  }

  get topic(): string {
    return this.#topics.get(this.#block.topicIdOf(this.#row)) ?? ''
  }

  get timestamp(): number {
    return this.#block.columns.timestamps[this.#row]!
  }

  get level(): number {
    return this.#block.columns.levels[this.#row]!
  }

  text(): string {
    return this.#block.columns.textKind(this.#row) === 'bytes' ? '' : rowText(this.#block, this.#row)
  }

  id(): string {
    return this.#idOf(this.#row)
  }

  marker(): string | undefined {
    return this.#block.columns.marker(this.#row)
  }

  metadata(): JsonObject {
    // Written by us as canonical JSON of a plain object.
    return JSON.parse(this.#block.columns.metadata(this.#row)) as JsonObject
  }

  payload(): JsonValue | undefined {
    // Written by us as canonical JSON.
    return this.#block.columns.textKind(this.#row) === 'json'
      ? (JSON.parse(this.text()) as JsonValue)
      : undefined
  }
}
