/** One log entry as every engine gets it. */
export interface BenchEntry {
  readonly topic: string
  readonly timestamp: number
  readonly severity: 'info' | 'warn' | 'error'
  readonly message: string
}

/** Rows decoded to values, so that no engine wins by handing out bytes. */
export interface ReadFigures {
  readonly rows: number
  /** Grows with every field touched; equal over engines when they return the same rows. */
  readonly checksum: number
}

/** What a workload asks of a storage engine; every write is durable when it settles. */
export interface BenchEngine {
  readonly name: string
  /** Opens what is in the directory, or begins anew. */
  open(path: string): Promise<void>
  appendBatch(entries: readonly BenchEntry[]): Promise<void>
  appendOne(entry: BenchEntry): Promise<void>
  range(o: { readonly topic: string; readonly from: number; readonly to: number }): Promise<ReadFigures>
  /** Entries that hold a text, over all topics. */
  search(text: string): Promise<ReadFigures>
  get(id: string): Promise<ReadFigures>
  /** Ids of entries spread over everything stored. */
  sampleIds(count: number): Promise<readonly string[]>
  close(): Promise<void>
}
