import { utf8Decode, utf8Encode, type ObserverStore } from '@forgeone/common'
import { parseCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.ts'
import { CHECKPOINTS_END, checkpointKey } from './row-keys.ts'

/** A checkpoint of this log as it was signed. */
export interface StoredCheckpoint extends Checkpoint {
  /** The whole signed note. */
  readonly text: string
}

/** Rows `c | size`: every note that was signed, of every generation. */
export class StoredCheckpoints {
  readonly #store: ObserverStore

  constructor(store: ObserverStore) {
    this.#store = store
  }

  /** Durable when it settles. */
  async write(size: number, text: string): Promise<void> {
    await this.#store.write([{ key: checkpointKey(size), value: utf8Encode(text) }])
  }

  /** The one with the most leaves, below `end` where that is given. */
  async newest(end?: number): Promise<StoredCheckpoint | undefined> {
    const range = { from: checkpointKey(0), to: end === undefined ? CHECKPOINTS_END : checkpointKey(end) }
    for await (const page of this.#store.scan(range, { reverse: true, limit: 1 }))
      for (const { value } of page) return stored(value)
    return undefined
  }

  /** Those with `size` leaves and more, ascending. A log that never rests signs one a second, so they are streamed. */
  async *from(size: number): AsyncGenerator<StoredCheckpoint> {
    for await (const page of this.#store.scan({ from: checkpointKey(size), to: CHECKPOINTS_END }))
      for (const { value } of page) {
        const checkpoint = stored(value)
        if (checkpoint !== undefined) yield checkpoint
      }
  }
}

/** A row that is no checkpoint says nothing; `verifyLog` reports it. */
function stored(value: Uint8Array): StoredCheckpoint | undefined {
  const text = utf8Decode(value)
  const checkpoint = parseCheckpoint(text)
  return checkpoint.ok ? { ...checkpoint.value, text } : undefined
}
