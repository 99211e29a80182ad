import { ForgeError } from '@forgeone/common'
import { checkCommit } from '../commit/check-commit.ts'
import { checkExpectation } from '../commit/check-expectation.ts'
import { COMMIT_BYTES_MAX } from '../commit/commit-limits.ts'
import { commitTime } from '../commit/commit-time.ts'
import { abandoned, type JointPart, type JointWriter } from '../commit/joint-commit.ts'
import { RecentWrites } from '../commit/recent-writes.ts'
import { EXPECTATIONS_MAX, type CommitPlace, type Operation } from '../port/store.ts'
import type { DistantOptions } from './distant-rows.ts'

interface Accepted {
  readonly part: JointPart
  readonly place: CommitPlace
  readonly operations: readonly Operation[]
  readonly bytes: number
}

/** Accepts commits in the turn in which they are called, and carries them to the rows in their order. */
export class DistantCommits implements JointWriter {
  readonly #options: DistantOptions
  readonly #writes: RecentWrites
  /** The last commit accepted, and its time. */
  #sequence: number
  #lastTime: number
  /** Transactions that are accepted and not visible yet. */
  #waiting: (readonly Accepted[])[] = []
  #carrying: Promise<void> | undefined

  constructor(options: DistantOptions) {
    this.#options = options
    this.#sequence = options.rows.sequence
    this.#lastTime = options.rows.lastTime
    this.#writes = new RecentWrites(this.#sequence)
  }

  submitJointly(parts: readonly JointPart[]): void {
    const accepted: Accepted[] = []
    try {
      for (const part of parts) accepted.push(this.#accept(part, accepted))
      const bytes = accepted.reduce((sum, each) => sum + each.bytes, 0)
      if (parts.length > 1 && bytes > COMMIT_BYTES_MAX)
        throw new ForgeError('COMMIT_INVALID', `a transaction takes at most ${COMMIT_BYTES_MAX} bytes`)
    } catch (cause) {
      // The last first, as they stand on each other.
      for (const { part } of accepted.toReversed()) part.options.onRefused?.()
      const culprit = parts[accepted.length]
      const others = culprit === undefined ? cause : abandoned(cause)
      for (const part of parts) part.reject(part === culprit ? cause : others)
      return
    }
    for (const { place, operations } of accepted) {
      this.#sequence = place.sequence
      this.#lastTime = place.time
      this.#writes.note(place.sequence, operations)
    }
    this.#waiting.push(accepted)
    this.#carrying ??= this.#carry()
  }

  /** Settles when all commits are visible. */
  async idle(): Promise<void> {
    await this.#carrying
  }

  #accept(part: JointPart, before: readonly Accepted[]): Accepted {
    const { build, options } = part
    const { rows, clock, checkFacts } = this.#options
    const { expects = [] } = options
    if (expects.length > EXPECTATIONS_MAX)
      throw new ForgeError('COMMIT_INVALID', `a commit has at most ${EXPECTATIONS_MAX} conditions`)
    for (const expectation of expects) {
      checkExpectation(expectation)
      rows.of(expectation.database)
      this.#writes.assertUntouched(expectation)
    }
    const { time } = commitTime(clock, before.at(-1)?.place.time ?? this.#lastTime)
    const place = { sequence: this.#sequence + before.length + 1, time }
    try {
      const content = build(place)
      const bytes = checkCommit(content)
      checkFacts?.(content.facts)
      for (const { database } of content.operations) rows.of(database)
      options.onAccepted?.(place)
      return { part, place, operations: content.operations, bytes }
    } catch (cause) {
      options.onRefused?.()
      throw cause
    }
  }

  async #carry(): Promise<void> {
    while (this.#waiting.length > 0) {
      const carried = this.#waiting.splice(0)
      await this.#options.way()
      for (const transaction of carried) this.#show(transaction)
    }
    this.#carrying = undefined
  }

  /** In one turn, so that every reader finds all of it or nothing. */
  #show(transaction: readonly Accepted[]): void {
    const { rows } = this.#options
    for (const operation of transaction.flatMap(({ operations }) => operations)) {
      const { database, key } = operation
      if (operation.type === 'put') rows.of(database).put(key, operation.value)
      else rows.of(database).delete(key)
    }
    for (const { part, place } of transaction) {
      rows.sequence = place.sequence
      rows.lastTime = place.time
      part.options.onVisible?.(place)
      part.resolve(place)
    }
  }
}
