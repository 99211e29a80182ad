import {
  BackgroundWork,
  equalBytes,
  ForgeError,
  isForgeError,
  type Logger,
  type ObserverStore,
  type ReportProblem,
} from '@forgeone/common'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { formatNote, parseSignatureLine, SIGNATURES_MAX } from '../note/signed-note.ts'
import type { GrowingLog } from './growing-log.ts'
import type { LogReader } from './log-reader.ts'
import type { LogSigner } from './log-signer.ts'
import type { StoredCheckpoint, StoredCheckpoints } from './stored-checkpoints.ts'

/** How often a checkpoint is signed while the log grows. */
export const CHECKPOINT_INTERVAL_MS = 1000
/** A checkpoint is signed early once so many leaves have come: a crash never leaves more than these unsigned for long. */
export const CHECKPOINT_LEAVES = 10_000

export interface KeeperParts {
  readonly growing: GrowingLog
  readonly reader: LogReader
  readonly store: ObserverStore
  readonly checkpoints: StoredCheckpoints
  readonly signer: LogSigner
  readonly logger: Logger
  readonly reportProblem?: ReportProblem | undefined
}

/** Compares the log with what was signed before, and signs what is durable: one signature at a time. */
export class CheckpointKeeper {
  readonly #parts: KeeperParts
  /** Signed before with more leaves than were loaded: the log must pass through each. */
  readonly #known: StoredCheckpoint[] = []
  /** Signed last, by any generation. */
  #lastSigned: StoredCheckpoint | undefined
  #lastOwn: StoredCheckpoint | undefined
  /** Leaves there were when their number last asked for a signature. */
  #askedSize = 0
  #divergence: ForgeError | undefined
  /** Whose note it is that shows the divergence. */
  #divergedFrom: string | undefined
  /** Names that were given up: their notes bind the log no more. */
  #ended: ReadonlySet<string> = new Set()
  readonly #signing: BackgroundWork
  #waiting: Promise<StoredCheckpoint> | undefined
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#signing = new BackgroundWork('signing of checkpoints', (problem, where) => {
      if (problem !== undefined)
        parts.logger.log('error', 'no checkpoint could be signed', { code: problem.code })
      parts.reportProblem?.(problem, where)
    })
  }

  get divergence(): ForgeError | undefined {
    return this.#divergence
  }

  /** The newest note of this origin. */
  get last(): StoredCheckpoint | undefined {
    return this.#lastOwn
  }

  /** The note with the most leaves among those that bind the log: one with fewer was rolled back. */
  async newestNote(): Promise<string | undefined> {
    return (await this.#lastBinding())?.text
  }

  /** Notes of these origins say what was, and no more what must be. */
  succeed(ended: ReadonlySet<string>): void {
    this.#ended = ended
    if (this.#divergedFrom === undefined || !ended.has(this.#divergedFrom)) return
    this.#divergence = undefined
    this.#divergedFrom = undefined
  }

  /** The size at which the log must have the root of a note; undefined when no such size lies ahead. */
  get nextKnownSize(): number | undefined {
    return this.#known[0]?.size
  }

  /** Damage of what it reads is a divergence, not a failure. */
  async load(): Promise<void> {
    try {
      await this.#compareStored()
    } catch (error) {
      if (!isForgeError(error, 'AUDIT_DIVERGED', 'RECORD_TAMPERED')) throw error
      this.diverge(error.message, { size: this.#parts.growing.size })
    }
  }

  async #compareStored(): Promise<void> {
    const { growing, reader, checkpoints, signer } = this.#parts
    // Only those since the last flush point: few.
    for await (const known of checkpoints.from(growing.size)) this.#known.push(known)
    this.#lastSigned = this.#known.at(-1) ?? (await checkpoints.newest(growing.size))
    this.#lastOwn = this.#lastSigned?.origin === signer.origin ? this.#lastSigned : undefined
    if (this.nextKnownSize === growing.size) this.compareKnown()
    const before = await checkpoints.newest(growing.size)
    if (before === undefined || before.size === 0 || this.#divergence !== undefined) return
    if (!equalBytes(await reader.rootAt(before.size), before.root)) this.#divergeFrom(before)
  }

  /** Compares the root with that of the note of this size. */
  compareKnown(): void {
    const known = this.#known.shift()!
    if (!equalBytes(this.#parts.growing.root(), known.root)) this.#divergeFrom(known)
  }

  /** From now on nothing is signed. The first reason is kept. */
  diverge(reason: string, details: Readonly<Record<string, number>>): void {
    this.#divergence ??= new ForgeError('AUDIT_DIVERGED', `the audit log is not what was signed: ${reason}`, {
      details,
    })
    this.#parts.logger.log('error', 'the audit log diverged; nothing is signed any more', details)
  }

  /** As above, for a reason that lies elsewhere. */
  refuse(reason: ForgeError): void {
    this.#divergence ??= reason
  }

  #divergeFrom({ origin, size }: StoredCheckpoint): void {
    if (this.#divergence !== undefined || this.#ended.has(origin)) return
    this.#divergedFrom = origin
    this.diverge(`its first ${size} leaves have another root`, { size })
  }

  /** A note over everything that is acknowledged now. Callers that wait for the same signature share it. */
  current(): Promise<StoredCheckpoint> {
    this.#waiting ??= this.#enqueue(() => {
      this.#waiting = undefined
      return this.#signNow()
    })
    return this.#waiting
  }

  /** Signs when the log grew; a failure is reported, and tried again every second. */
  signInBackground(): void {
    const { growing } = this.#parts
    if (growing.size === (this.#lastOwn?.size ?? 0) || this.#divergence !== undefined) return
    void this.#signing.run(() => this.current())
  }

  /** Signs in the background when many leaves came since the last signature; one that fails waits for as many again. */
  signWhenMany(): void {
    const { size } = this.#parts.growing
    if (size - Math.max(this.#lastOwn?.size ?? 0, this.#askedSize) < CHECKPOINT_LEAVES) return
    this.#askedSize = size
    this.signInBackground()
  }

  /** Settles when no signature is under way. */
  async idle(): Promise<void> {
    await this.#underWay
  }

  stored(size: number): AsyncIterable<StoredCheckpoint> {
    return this.#parts.checkpoints.from(size)
  }

  addCosignatures(o: { readonly checkpoint: string; readonly lines: readonly string[] }): Promise<string> {
    return this.#enqueue(() => this.#addCosignatures(o))
  }

  async #signNow(): Promise<StoredCheckpoint> {
    const { growing, reader, store, checkpoints, signer } = this.#parts
    if (this.#divergence !== undefined) throw this.#divergence
    await store.caughtUp()
    // Taken together: more commits may be observed while the proof is read.
    const head = { size: growing.size, root: growing.root() }
    const last = await this.#lastBinding()
    if (last?.size === head.size && signer.hasSigned(last) && equalBytes(last.root, head.root)) return last
    const text = await this.#orDiverge(signer.sign(head, { last, reader, checkpoints }))
    return this.#remember(text)
  }

  /** Behind a rollback that was accepted, notes of the ended origin may be about leaves that were given up. */
  async #lastBinding(): Promise<StoredCheckpoint | undefined> {
    const begun = this.#lastSigned
    let last = begun
    // One after the other, each below the one before: done once, by which the newest one that binds is known.
    while (last !== undefined && this.#ended.has(last.origin))
      last = await this.#parts.checkpoints.newest(last.size)
    // What was signed meanwhile is newer.
    if (this.#lastSigned === begun) this.#lastSigned = last
    return last
  }

  async #orDiverge<T>(signing: Promise<T>): Promise<T> {
    try {
      return await signing
    } catch (error) {
      if (isForgeError(error, 'AUDIT_DIVERGED', 'RECORD_TAMPERED'))
        this.diverge(error.message, { size: this.#parts.growing.size })
      throw error
    }
  }

  async #addCosignatures({
    checkpoint,
    lines,
  }: {
    readonly checkpoint: string
    readonly lines: readonly string[]
  }): Promise<string> {
    const given = parseCheckpoint(checkpoint)
    if (!given.ok) throw new ForgeError(given.code, given.detail)
    const last = this.#lastOwn
    // A newer note of the same size holds the cosignatures that came first.
    const { note, size } = last?.size === given.value.size ? last : given.value
    const added = lines.flatMap((line) => parseSignatureLine(line) ?? [])
    const isNew = added.filter(
      ({ name, keyId }) => !note.signatures.some((one) => one.name === name && one.keyId === keyId),
    )
    const signatures = [...note.signatures, ...isNew].slice(0, SIGNATURES_MAX)
    const text = formatNote({ text: note.text, signatures })
    await this.#parts.checkpoints.write(size, text)
    if (last?.size === size) this.#remember(text)
    return text
  }

  #remember(text: string): StoredCheckpoint {
    const checkpoint = parseCheckpoint(text)
    if (!checkpoint.ok)
      throw new ForgeError('INTERNAL', `a checkpoint of ours is malformed: ${checkpoint.detail}`)
    const stored = { ...checkpoint.value, text }
    this.#lastSigned = stored
    this.#lastOwn = stored
    return stored
  }

  #enqueue<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#underWay.then(action)
    this.#underWay = result.catch(() => undefined)
    return result
  }
}
