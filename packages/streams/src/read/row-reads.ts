import type { BlockReader } from './block-reader.ts'
import type { Removals } from './removals.ts'
import { RowIds } from './row-ids.ts'
import { scanRows } from './scan.ts'
import { newScanFigures, type FoundRow, type ScanFigures, type ScanRequest } from './scan-request.ts'

export type FormOf<Form> = (found: FoundRow, id: string) => Form

/** Gives what scans find in the form that is asked for. */
export class RowReads {
  readonly #reader: BlockReader
  readonly #removals: Removals

  constructor(o: { readonly reader: BlockReader; readonly removals: Removals }) {
    this.#reader = o.reader
    this.#removals = o.removals
  }

  /** What `made` makes of the rows of each batch. */
  rows<Made>(
    request: ScanRequest,
    made: (rows: readonly FoundRow[]) => Made,
    figures: ScanFigures = newScanFigures(),
  ): AsyncGenerator<Made> {
    return scanRows(request, { reader: this.#reader, figures }, made)
  }

  batches<Form>(
    request: ScanRequest,
    formOf: FormOf<Form>,
    figures?: ScanFigures,
  ): AsyncGenerator<readonly Form[]> {
    const ids = new RowIds()
    return this.rows(request, (rows) => rows.map((found) => formOf(found, ids.of(found))), figures)
  }

  /** One after the other: whoever holds the iterator may come back for the next one after a removal. */
  async *each<Form>(
    request: () => ScanRequest,
    formOf: FormOf<Form>,
    figures?: ScanFigures,
  ): AsyncGenerator<Form> {
    const removals = this.#removals
    const ids = new RowIds()
    const made = (rows: readonly FoundRow[]): Batch<Form> => ({
      rows,
      forms: rows.map((found) => formOf(found, ids.of(found))),
      removals: removals.count,
    })
    for await (const { rows, forms, removals: count } of this.rows(request(), made, figures)) {
      for (const [index, form] of forms.entries()) {
        if (removals.count !== count) {
          const { shard, block, row } = rows[index]!
          if (!(await removals.isThere(shard, block.firstSequence + row))) continue
        }
        yield form
      }
    }
  }
}

interface Batch<Form> {
  readonly rows: readonly FoundRow[]
  readonly forms: readonly Form[]
  /** Before it was made. */
  readonly removals: number
}
