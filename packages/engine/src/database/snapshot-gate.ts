/** An open iterator between two of its reads. */
export interface Revocable {
  close(): Promise<void>
}

/**
 * Keeps the snapshots that LevelDB reads from apart from the batches it writes: no batch is written while a snapshot
 * lives. A snapshot older than a batch makes compaction keep two versions of a key; these may straddle two files of a
 * level, and when the newer one moves down alone the older one comes back (hazard H12). LevelDB takes a snapshot for
 * every iterator and every asynchronous read, so both go through here; synchronous reads take none.
 *
 * A batch waits for the reads under way, which are bounded, and closes iterators that idle: their scan opens a new
 * one behind the last row it saw.
 */
export class SnapshotGate {
  readonly #idle = new Set<Revocable>()
  #reads = 0
  /** Settles when the last read under way is done. */
  #drained: PromiseWithResolvers<void> | undefined
  /** Settles when the batch that is being written is done. */
  #write: Promise<void> | undefined

  /** Runs a read that takes a snapshot and lets go of it before it settles. */
  async read<T>(action: () => Promise<T>): Promise<T> {
    while (this.#write !== undefined) await this.#write
    this.#reads++
    try {
      return await action()
    } finally {
      if (--this.#reads === 0) this.#drained?.resolve()
    }
  }

  /** Runs a read of an iterator that stays open afterwards. @returns undefined when a batch has closed it */
  async readKeeping<T>(iterator: Revocable, action: () => Promise<T>): Promise<T | undefined> {
    // Out of the idle ones before anything is awaited, so that it is either closed by a batch or safe from it.
    if (this.#write !== undefined || !this.#idle.delete(iterator)) return undefined
    return await this.read(async () => {
      try {
        return await action()
      } finally {
        // Before the read counts as done, so that a batch which waits for it finds the iterator to close.
        this.#idle.add(iterator)
      }
    })
  }

  /** Makes an iterator, which holds its snapshot from now on. */
  async open<T extends Revocable>(make: () => T): Promise<T> {
    while (this.#write !== undefined) await this.#write
    const iterator = make()
    this.#idle.add(iterator)
    return iterator
  }

  /** Closes an iterator, unless a batch has. */
  async close(iterator: Revocable): Promise<void> {
    this.#idle.delete(iterator)
    await iterator.close()
  }

  /** Runs a batch while no snapshot lives. Batches take turns. */
  async write(action: () => Promise<void>): Promise<void> {
    while (this.#write !== undefined) await this.#write
    const done = Promise.withResolvers<void>()
    this.#write = done.promise
    try {
      await this.#endSnapshots()
      await action()
    } finally {
      this.#write = undefined
      done.resolve()
    }
  }

  async #endSnapshots(): Promise<void> {
    if (this.#reads > 0) {
      this.#drained = Promise.withResolvers()
      await this.#drained.promise
      this.#drained = undefined
    }
    for (const iterator of this.#idle) {
      this.#idle.delete(iterator)
      await iterator.close()
    }
  }
}
