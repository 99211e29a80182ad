import type { ForgeError } from '@forgeone/common'
import type { CommitRecord } from '../format/commit-record.ts'
import type { CommitPlace } from '../port/store.ts'

/** A commit that is accepted and has its place. */
export interface QueuedCommit {
  readonly place: CommitPlace
  readonly content: CommitRecord
  readonly record: Uint8Array
  readonly sync: boolean
  readonly onVisible: ((place: CommitPlace) => void) | undefined
  readonly resolve: (place: CommitPlace) => void
  readonly reject: (error: ForgeError) => void
  /** The same object for all commits that share a frame, whatever its size. */
  readonly joint: object | undefined
}

/** A commit that was built and checked, and is not queued yet. */
export interface AcceptedCommit {
  readonly commit: QueuedCommit
  /** Plain, for the quota. */
  readonly bytes: number
}

/** Commits that wait for their frame, in their order. */
export class CommitQueue {
  #commits: QueuedCommit[] = []
  #bytes = 0

  get length(): number {
    return this.#commits.length
  }

  /** Of their records. */
  get bytes(): number {
    return this.#bytes
  }

  push(commit: QueuedCommit): void {
    this.#commits.push(commit)
    this.#bytes += commit.record.length
  }

  /** The next commits that share a frame: at most so many bytes, but for the first, and for those that belong together. */
  takeGroup(bytesMax: number): readonly QueuedCommit[] {
    let bytes = 0
    let count = 0
    while (count < this.#commits.length) {
      const first = this.#commits[count]!
      let more = first.record.length
      let end = count + 1
      for (; first.joint !== undefined && this.#commits[end]?.joint === first.joint; end++)
        more += this.#commits[end]!.record.length
      if (count > 0 && bytes + more > bytesMax) break
      bytes += more
      count = end
    }
    if (count === this.#commits.length) return this.takeAll()
    this.#bytes -= bytes
    return this.#commits.splice(0, count)
  }

  takeAll(): readonly QueuedCommit[] {
    const all = this.#commits
    this.#commits = []
    this.#bytes = 0
    return all
  }
}
