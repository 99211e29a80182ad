/** Entries that are found as they are asked for. Iterate over single entries, or over batches where rate matters. */
export class EntryResults<Entry> implements AsyncIterable<Entry> {
  readonly #start: () => AsyncIterable<readonly Entry[]>

  constructor(start: () => AsyncIterable<readonly Entry[]>) {
    this.#start = start
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

  async *[Symbol.asyncIterator](): AsyncGenerator<Entry> {
    for await (const batch of this.#start()) yield* batch
  }
}
