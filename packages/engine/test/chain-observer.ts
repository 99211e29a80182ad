import { createHash } from 'node:crypto'
import { ByteWriter, canonicalJson, concatBytes, toHex, utf8Encode } from '@forgeone/common'
import type { CommitObserver, ObservedCommit, ObserverRow, ObserverStore } from '@forgeone/common'
import type { ObserverSource } from '../src/index.ts'

export const OBSERVED = 'observed'
const ROW_EVERY = 5

/** What commits looked like when they were observed, over all lives of a store: the same each time. */
export type Seen = Map<number, string>

/** A hash chain over all commits, with a row at every fifth and its state as a row for each size settled. */
export class ChainObserver implements CommitObserver {
  readonly database = OBSERVED
  readonly #seen: Seen
  #store: ObserverStore | undefined
  #digest: Uint8Array = new Uint8Array(32)
  size = 0
  loadedAt = -1
  closed = false

  constructor(seen: Seen) {
    this.#seen = seen
  }

  get store(): ObserverStore {
    return this.#store!
  }

  get digest(): string {
    return toHex(this.#digest)
  }

  async load(store: ObserverStore, size: number): Promise<void> {
    this.#store = store
    this.loadedAt = size
    this.size = size
    if (size === 0) return
    const state = await store.get(stateKey(size))
    if (state === undefined) throw new Error(`no state of ${size} commits`)
    if (toHex(state) !== chainOf(this.#seen, size)) throw new Error(`a wrong state of ${size} commits`)
    this.#digest = state
  }

  observe(commits: readonly ObservedCommit[]): readonly ObserverRow[] {
    const rows: ObserverRow[] = []
    for (const commit of commits) {
      if (commit.sequence !== this.size) throw new Error(`${commit.sequence} follows ${this.size - 1}`)
      const fingerprint = fingerprintOf(commit)
      const before = this.#seen.get(commit.sequence) ?? fingerprint
      if (before !== fingerprint) throw new Error(`commit ${commit.sequence} has changed`)
      this.#seen.set(commit.sequence, fingerprint)
      this.#digest = link(this.#digest, fingerprint)
      this.size++
      if (this.size % ROW_EVERY === 0) rows.push({ key: rowKey(this.size), value: this.#digest })
    }
    return rows
  }

  settle(): { size: number; rows: readonly ObserverRow[] } {
    return { size: this.size, rows: [{ key: stateKey(this.size), value: this.#digest }] }
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  /** The sizes whose rows are there, checked against the chain. */
  async readRows(): Promise<readonly number[]> {
    await this.store.caughtUp()
    const sizes: number[] = []
    for await (const page of this.store.scan({ from: utf8Encode('r'), to: utf8Encode('s') })) {
      for (const { key, value } of page) {
        const size = Number(new DataView(key.buffer, key.byteOffset + 1).getBigUint64(0))
        if (toHex(value) !== chainOf(this.#seen, size)) throw new Error(`a wrong row at ${size}`)
        sizes.push(size)
      }
    }
    return sizes
  }
}

export function sourceOf(observer: CommitObserver): ObserverSource {
  return { database: OBSERVED, create: () => Promise.resolve(observer) }
}

export function chainOf(seen: Seen, size: number): string {
  let digest: Uint8Array = new Uint8Array(32)
  for (let sequence = 0; sequence < size; sequence++) digest = link(digest, seen.get(sequence)!)
  return toHex(digest)
}

export function expectedRows(size: number): readonly number[] {
  return Array.from({ length: Math.floor(size / ROW_EVERY) }, (_, index) => (index + 1) * ROW_EVERY)
}

function link(digest: Uint8Array, fingerprint: string): Uint8Array {
  const bytes = concatBytes([digest, utf8Encode(fingerprint)])
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

function fingerprintOf({ time, facts, operations, nonce }: ObservedCommit): string {
  const ops = operations.map((each) =>
    each.type === 'put'
      ? [each.database, toHex(each.key), toHex(each.sealed)]
      : [each.database, toHex(each.key)],
  )
  const { actor, action } = facts
  const content = { time, actor, action, ops, nonce: nonce === undefined ? '' : toHex(nonce) }
  return canonicalJson(content, { code: 'INTERNAL', what: 'a commit' })
}

function stateKey(size: number): Uint8Array {
  return new ByteWriter().bytes(utf8Encode('m')).u64(size).finish()
}

function rowKey(size: number): Uint8Array {
  return new ByteWriter().bytes(utf8Encode('r')).u64(size).finish()
}
