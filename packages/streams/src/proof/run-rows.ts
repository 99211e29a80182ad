import { asBuffer } from '@forgeone/common'
import type { TextKind } from '@forgeone/log-codec'
import type { BlockColumns } from '../block/block-columns.ts'
import type { RowContent } from '../block/decoded-block.ts'

/** The rows of a run, which lie in no block. */
export class RunRows implements RowContent {
  readonly #columns: BlockColumns

  constructor(columns: BlockColumns) {
    this.#columns = columns
  }

  timestampOf(row: number): number {
    return this.#columns.timestamps[row]!
  }

  levelOf(row: number): number {
    return this.#columns.levels[row]!
  }

  textKindOf(row: number): TextKind {
    return this.#columns.textKind(row)
  }

  textOf(row: number): string {
    return asBuffer(this.#columns.textBytes(row)).toString('utf8')
  }

  textBytesOf(row: number): Uint8Array {
    return this.#columns.textBytes(row)
  }

  metadataOf(row: number): string | undefined {
    return this.#columns.metadata(row)
  }

  clientIdOf(row: number): string | undefined {
    return this.#columns.clientId(row)
  }

  markerOf(row: number): string | undefined {
    return this.#columns.marker(row)
  }
}
