import { statfsSync } from 'node:fs'
import { ForgeError, type Clock } from '@forgeone/common'
import type { Health } from './health.ts'

/** A walk over the directories costs a millisecond or so; the estimate between two walks only errs upward. */
const WALK_MS = 250
const WALK_BYTES = 1024 * 1024
/** A row takes room in the journal, in LevelDB's log, and in a table before that log goes. */
const COPIES_WRITTEN = 3
/** The disk is asked this often, and once half of what was free above the room may be written. */
const FREE_CHECK_MS = 1000
const FREE_CHECK_SHARE = 0.5
/** Deletes and administrative commits may exceed the quota by this share, so that a full store can be emptied. */
const PRIVILEGED_SHARE = 0.01

/** Room that a store needs at any time: two LevelDB write buffers a database and two journal segments. */
const ROOM_PER_DATABASE_BYTES = 8 * 1024 * 1024
const ROOM_FOR_JOURNAL_BYTES = 32 * 1024 * 1024
/** On a small volume the room shrinks to this share of it: LevelDB rewrites a part of what there is before it frees the old. */
const ROOM_SHARE_MAX = 0.3
/** Beside the tables that the next flush point writes: files that opening and closing begin. */
const ROOM_MIN_BYTES = 1024 * 1024
/** Room is short when less than this share of it is left above it, and a flush point would give some of it back. */
const SHORT_SHARE = 1
const UNFLUSHED_SHARE = 0.25
/** The state is left only when this much more is free, so that it does not flap. */
const RECOVERED_SHARE = 0.05

export interface SpaceGuardOptions {
  /** Undefined: nothing on disk. */
  readonly path: string | undefined
  readonly maxBytes: number | undefined
  readonly databaseCount: number
  readonly measureBytes: () => number
  /** Bytes that the next flush point puts into tables before their logs go. */
  readonly unflushedBytes: () => number
  readonly clock: Clock
  readonly health: Health
  /** Room is short: what a later opening would have to replay is worked in while there is some, and the journal lets it go. */
  readonly onShort: () => void
}

/** Refuses writes while they can still be refused cleanly: before the quota and before the end of the disk. */
export class SpaceGuard {
  readonly #options: SpaceGuardOptions
  #usedBytes = 0
  #bytesSinceWalk = 0
  #walkedMs = Number.NEGATIVE_INFINITY
  #freeCheckedMs = Number.NEGATIVE_INFINITY
  #bytesSinceFreeCheck = 0
  /** Bytes above the room when the disk was asked last. */
  #spareBytes = 0

  constructor(options: SpaceGuardOptions) {
    this.#options = options
  }

  /**
   * Called before a commit is built, with what it may take at most.
   * @throws QUOTA_EXCEEDED or STORAGE_FULL
   */
  admit(bytes: number, o: { readonly privileged: boolean; readonly forFlush: boolean }): void {
    // A flush point gives room back: refused for want of room, there never would be any.
    if (o.forFlush) return this.#checkFlushRoom()
    this.#checkQuota(bytes, o.privileged)
    this.#checkFree(bytes)
  }

  /** Counts a commit that was accepted. */
  record(bytes: number): void {
    this.#usedBytes += bytes * COPIES_WRITTEN
    this.#bytesSinceWalk += bytes
    this.#bytesSinceFreeCheck += bytes
  }

  #checkQuota(bytes: number, privileged: boolean): void {
    const { maxBytes } = this.#options
    if (maxBytes === undefined) return
    const limit = privileged ? maxBytes * (1 + PRIVILEGED_SHARE) : maxBytes
    if (this.#walkedMs !== Number.NEGATIVE_INFINITY && this.#usedBytes + bytes * COPIES_WRITTEN <= limit)
      return
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#walkedMs >= WALK_MS || this.#bytesSinceWalk >= WALK_BYTES) {
      this.#walkedMs = nowMs
      this.#bytesSinceWalk = 0
      this.#usedBytes = this.#options.measureBytes()
    }
    if (this.#usedBytes + bytes * COPIES_WRITTEN <= limit) return
    const details = { usedBytes: this.#usedBytes, maxBytes }
    const needed = bytes * COPIES_WRITTEN
    throw new ForgeError(
      'QUOTA_EXCEEDED',
      `the store uses ${this.#usedBytes} of ${maxBytes} bytes, and this commit may take ${needed}`,
      { details },
    )
  }

  /** A flush point may take what is kept for it, and only that must be there. */
  #checkFlushRoom(): void {
    const { path } = this.#options
    if (path === undefined) return
    const { bavail, bsize } = statfsSync(path)
    const freeBytes = bavail * bsize
    const neededBytes = this.#options.unflushedBytes() + ROOM_MIN_BYTES
    if (freeBytes >= neededBytes) return
    throw new ForgeError(
      'STORAGE_FULL',
      `the disk has ${freeBytes} bytes left; a flush point may take ${neededBytes}`,
      { details: { freeBytes, neededBytes } },
    )
  }

  #checkFree(bytes: number): void {
    const { path, clock, health } = this.#options
    if (path === undefined) return
    const nowMs = clock.monotonicMs()
    const written = (this.#bytesSinceFreeCheck + bytes) * COPIES_WRITTEN
    const due = nowMs - this.#freeCheckedMs >= FREE_CHECK_MS || written >= this.#spareBytes * FREE_CHECK_SHARE
    if (!due && health.state !== 'readonly') return
    this.#freeCheckedMs = nowMs
    this.#bytesSinceFreeCheck = 0
    const { bavail, blocks, bsize } = statfsSync(path)
    const freeBytes = bavail * bsize
    const wanted = this.#options.databaseCount * ROOM_PER_DATABASE_BYTES + ROOM_FOR_JOURNAL_BYTES
    const forFlush = this.#options.unflushedBytes() + ROOM_MIN_BYTES
    const room = Math.min(wanted, Math.max(blocks * bsize * ROOM_SHARE_MAX, forFlush))
    const mark = health.state === 'readonly' ? room * (1 + RECOVERED_SHARE) : room
    this.#spareBytes = Math.max(0, freeBytes - mark)
    const left = freeBytes - bytes * COPIES_WRITTEN
    const isShort =
      left < mark + room * SHORT_SHARE && this.#options.unflushedBytes() >= room * UNFLUSHED_SHARE
    if (left >= mark) {
      health.setFull(undefined)
      if (isShort) this.#options.onShort()
      return
    }
    const details = { freeBytes, neededBytes: Math.ceil(room) }
    const error = new ForgeError(
      'STORAGE_FULL',
      `the disk has ${freeBytes} bytes left; the store keeps ${Math.ceil(room)} free`,
      { details },
    )
    if (health.state !== 'readonly') this.#options.onShort()
    health.setFull(error)
    throw error
  }
}
