/** How results are begun, as often as they are iterated. */
export interface ResultsSource<Entry> {
  readonly batches: () => AsyncIterable<readonly Entry[]>
  /** One after the other, with a look at what was removed meanwhile; absent where rows are no entries. */
  readonly each?: (() => AsyncGenerator<Entry>) | undefined
}

/** Entries that are found as they are asked for. Iterate over single entries, or over batches where rate matters. */
export class EntryResults<Entry> implements AsyncIterable<Entry> {
  readonly #start: () => AsyncIterable<readonly Entry[]>
  readonly #startEach: () => AsyncGenerator<Entry>

  constructor({ batches, each }: ResultsSource<Entry>) {
    this.#start = batches
    this.#startEach = each ?? (() => flatten(batches()))
  }

  /** Entries in arrays of up to a thousand: no promise per entry. */
  batches(): AsyncIterable<readonly Entry[]> {
    return this.#start()
  }

  /** All entries at once: only for results known to be small. */
  async toArray(): Promise<Entry[]> {
    const all: Entry[] = []
    for await (const batch of this.#start()) all.push(...batch)
    return all
  }

  [Symbol.asyncIterator](): AsyncGenerator<Entry> {
    return this.#startEach()
  }
}

async function* flatten<Row>(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Row> {
  for await (const batch of batches) yield* batch
}
