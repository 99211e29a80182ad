import {
  ByteWriter,
  ForgeError,
  type AuditFacts,
  type Clock,
  type Random,
  type SealedOperation,
} from '@forgeone/common'
import type { Database } from '../database/database.ts'
import { writeCommitRecord } from '../format/commit-record.ts'
import type { Health } from '../health/health.ts'
import type { SpaceGuard } from '../health/space-guard.ts'
import {
  EXPECTATIONS_MAX,
  type CommitContent,
  type CommitPlace,
  type Durability,
  type Expectation,
  type Operation,
} from '../port/store.ts'
import { checkCommit, checkOperations } from './check-commit.ts'
import { checkExpectation } from './check-expectation.ts'
import { COMMIT_BYTES_MAX } from './commit-limits.ts'
import type { AcceptedCommit } from './commit-queue.ts'
import { commitTime } from './commit-time.ts'
import { abandoned, type JointPart } from './joint-commit.ts'
import type { RecentWrites } from './recent-writes.ts'

export type CommitBuilder = (place: CommitPlace) => CommitContent

export interface CommitAcceptanceOptions {
  readonly databases: ReadonlyMap<string, Database>
  /** The observer's database: no commit may write there. */
  readonly observedInto: string | undefined
  /** Why a known database cannot be written now; undefined for one that can. */
  readonly refusal: (database: string) => ForgeError | undefined
  readonly health: Health
  readonly space: SpaceGuard
  readonly durability: Durability
  readonly clock: Clock
  readonly random: Random
  /** Throws to refuse a commit. */
  readonly checkFacts: ((facts: AuditFacts) => void) | undefined
  readonly writes: RecentWrites
}

/** The end of what was accepted before. */
interface CommitFront {
  /** Of the next commit. */
  readonly sequence: number
  readonly lastTime: number
}

/** Builds, checks and seals commits: what is accepted here is refused by nothing but a write that fails. */
export class CommitAcceptance {
  readonly #options: CommitAcceptanceOptions

  constructor(options: CommitAcceptanceOptions) {
    this.#options = options
  }

  /** @returns none when one of them was refused, which all have heard of then */
  acceptAll(parts: readonly JointPart[], front: CommitFront): readonly AcceptedCommit[] {
    const accepted: AcceptedCommit[] = []
    try {
      for (const part of parts) {
        const next = this.#accept(part, { front, parts, before: accepted })
        accepted.push(next)
        part.options.onAccepted?.(next.commit.place)
      }
      const bytes = accepted.reduce((sum, each) => sum + each.bytes, 0)
      if (parts.length > 1 && bytes > COMMIT_BYTES_MAX)
        throw new ForgeError('COMMIT_INVALID', `a transaction takes at most ${COMMIT_BYTES_MAX} bytes`)
      return accepted
    } catch (cause) {
      // The last first, as they stand on each other.
      for (let index = accepted.length - 1; index >= 0; index--) parts[index]!.options.onRefused?.()
      const culprit = parts[accepted.length]
      const others = culprit === undefined ? cause : abandoned(cause)
      for (const part of parts) part.reject(part === culprit ? cause : others)
      return []
    }
  }

  /** Builds and checks a commit behind those that are accepted with it; nothing of the store changes yet. */
  #accept(
    { build, options, resolve, reject }: JointPart,
    {
      front,
      parts,
      before,
    }: {
      readonly front: CommitFront
      readonly parts: readonly JointPart[]
      readonly before: readonly AcceptedCommit[]
    },
  ): AcceptedCommit {
    this.#options.health.assertWritable()
    // Before `build`, which may change its caller's state in the belief that the commit will be written.
    const { estimatedBytes = 0, privileged = false, forFlush = false } = options
    this.#options.space.admit(estimatedBytes, { privileged, forFlush })
    this.#assertExpected(options.expects)
    const { time, backMs } = commitTime(
      this.#options.clock,
      before.at(-1)?.commit.place.time ?? front.lastTime,
    )
    const place = { sequence: front.sequence + before.length, time }
    const { content, bytes, operations } = this.#built(build, place, options.onRefused)
    const nonce = operations.length === 0 ? this.#options.random.bytes(16) : undefined
    const writer = new ByteWriter(bytes + operations.length * 80 + 256)
    const recorded = { time, backMs, facts: content.facts, operations, nonce, detail: content.detail }
    writeCommitRecord(writer, recorded)
    const sync = (options.durability ?? this.#options.durability) === 'sync'
    const { onVisible } = options
    const joint = parts.length > 1 ? parts : undefined
    const record = writer.finish()
    return { commit: { place, content: recorded, record, sync, onVisible, resolve, reject, joint }, bytes }
  }

  /** Everything that can refuse a commit once it was built. */
  #built(
    build: CommitBuilder,
    place: CommitPlace,
    onRefused: (() => void) | undefined,
  ): {
    readonly content: CommitContent
    readonly bytes: number
    readonly operations: readonly SealedOperation[]
  } {
    try {
      const content = build(place)
      const bytes = checkCommit(content)
      this.#options.checkFacts?.(content.facts)
      return { content, bytes, operations: this.#seal(content) }
    } catch (cause) {
      onRefused?.()
      throw cause
    }
  }

  /** @throws COMMIT_INVALID, DATABASE_OFFLINE */
  check(operations: readonly Operation[]): number {
    for (const { database } of operations) this.#databaseOf(database)
    return checkOperations(operations)
  }

  #databaseOf(name: string): Database {
    const found = this.#options.databases.get(name)
    if (found !== undefined && name !== this.#options.observedInto) return found
    throw this.#options.refusal(name) ?? new ForgeError('COMMIT_INVALID', `the store has no database ${name}`)
  }

  #seal(content: CommitContent): readonly SealedOperation[] {
    return content.operations.map((operation) => {
      const { database, key } = operation
      const target = this.#databaseOf(database)
      return operation.type === 'delete'
        ? { type: 'delete', database, key }
        : { type: 'put', database, key, sealed: target.seal(key, operation.value) }
    })
  }

  /** @throws COMMIT_CONFLICT, COMMIT_INVALID */
  #assertExpected(expects: readonly Expectation[] = []): void {
    if (expects.length > EXPECTATIONS_MAX)
      throw new ForgeError('COMMIT_INVALID', `a commit has at most ${EXPECTATIONS_MAX} conditions`)
    for (const expectation of expects) {
      checkExpectation(expectation)
      this.#databaseOf(expectation.database)
      this.#options.writes.assertUntouched(expectation)
    }
  }
}
