import { FrequencySketch } from './frequency-sketch.ts'
import type { InspectablePolicy, PolicyHost, PolicyPart, PolicySettings } from './policy.ts'
import { SlotLists } from './slot-lists.ts'
import { MARGIN_SHARE, WindowClimber } from './window-climber.ts'

/** The window in two parts, so that hits on its oldest part are counted apart. */
const WINDOW = 0
const WINDOW_TAIL = 1
const PROBATION = 2
const PROTECTED = 3
const PARTS = 4
const MAIN_PARTS: readonly number[] = [PROBATION, PROTECTED]

const WINDOW_SHARE_FIRST = 0.01
/** The main part never vanishes, or nothing could show that it is needed again. */
const WINDOW_SHARE_MAX = 0.95
const PROTECTED_SHARE_OF_MAIN = 0.8
/** The sketch is halved after so many uses per entry. */
const SKETCH_SAMPLE_PER_ENTRY = 10
/** Caches of few entries can afford more counters: up to so many entries' worth, four times their own number. */
const SKETCH_ENTRIES_GENEROUS = 8_192
const SKETCH_GENEROSITY = 4
/** Losers used more often than this are let in once in 128 times: colliding keys cannot keep a hot entry out for ever. */
const WARM_FREQUENCY = 5
const LUCKY_ONE_IN = 128
/** Entries that change their part in one call after the window was resized: the pause stays short. */
const MOVES_PER_CALL = 1_000
/** One large candidate never makes a call look at more victims than this. */
const VICTIMS_COUNTED_MAX = 1_000

/**
 * W-TinyLFU: newcomers pass through a small LRU window; what falls out of it enters the segmented main part only if
 * it was used more often than the victims it needs (Einziger, Friedman, Manes: TinyLFU, ACM TOS 2017). The share of
 * the window is searched by hill climbing, after Adaptive Software Cache Management, Middleware 2018.
 */
export class WTinyLfuPolicy implements InspectablePolicy {
  readonly #host: PolicyHost
  readonly #random: () => number
  readonly #maxEntries: number
  /** The tag of a slot is the hash of its key. */
  readonly #lists = new SlotLists(PARTS)
  readonly #weights = new Float64Array(PARTS)
  readonly #climber = new WindowClimber()
  readonly #sketch: FrequencySketch
  #parts = new Uint8Array(0)
  #entries = 0
  readonly #bound: number
  /** What fits: the bound, or less when another bound is met first. */
  #capacity: number
  #isFull = false
  /** `victim` was asked since the last newcomer. */
  #isContested = false
  #windowTarget = 0
  #youngTarget = 0
  #windowShare = WINDOW_SHARE_FIRST
  /** Entered the main part against a victim; it stays while the victims it beat are removed. */
  #admitted = -1

  constructor({ host, capacity, maxEntries, random }: PolicySettings) {
    this.#host = host
    this.#random = random
    this.#bound = capacity
    this.#capacity = capacity
    this.#maxEntries = maxEntries
    this.#sketch = new FrequencySketch({ sampleSize: SKETCH_SAMPLE_PER_ENTRY })
    this.#retarget()
  }

  get windowShare(): number {
    return this.#windowShare
  }

  grow(capacity: number): void {
    this.#lists.grow(capacity)
    const parts = new Uint8Array(capacity)
    parts.set(this.#parts)
    this.#parts = parts
    const counted = Math.min(this.#maxEntries, capacity)
    const entries = Number.isFinite(this.#maxEntries) ? this.#maxEntries : capacity
    // From the start, for what is compared must have begun empty, as the cache did.
    this.#climber.fit(entries)
    const generous = Math.min(counted * SKETCH_GENEROSITY, SKETCH_ENTRIES_GENEROUS)
    this.#sketch.ensureCapacity({
      entries: Math.max(counted, generous),
      sampleSize: SKETCH_SAMPLE_PER_ENTRY * entries,
    })
  }

  onInsert(slot: number): void {
    if (this.#isFull && this.#climber.isDue(this.#entries)) this.#climb()
    const hash = this.#host.hashOf(slot)
    this.#lists.setTag(slot, hash)
    this.#sketch.increment(hash)
    this.#climber.onMiss(hash)
    this.#enter(WINDOW, slot, this.#host.weightOf(slot))
    this.#entries++
    // With room for all, what falls out of the window needs to beat nobody.
    if (!this.#isContested) this.#shrinkWindow()
    this.#isContested = false
    this.#admitted = -1
    this.#fillTail()
  }

  onHit(slot: number): void {
    const hash = this.#lists.tag(slot)
    this.#sketch.increment(hash)
    this.#climber.onHit(hash)
    const part = this.#parts[slot]!
    if (part === PROBATION) this.#promote(slot)
    else if (part === WINDOW_TAIL) this.#rejuvenate(slot)
    else this.#lists.renew(part, slot)
  }

  onWeight(slot: number, before: number): void {
    this.#weights[this.#parts[slot]!]! += this.#host.weightOf(slot) - before
  }

  onRemove(slot: number, weight: number): void {
    this.#lists.unlink(slot)
    this.#weights[this.#parts[slot]!]! -= weight
    this.#entries--
    if (slot === this.#admitted) this.#admitted = -1
  }

  parts(): readonly PolicyPart[] {
    return Array.from(this.#weights, (weight, part) => ({ slots: this.#lists.slots(part), weight }))
  }

  victim(incoming: number): number {
    this.#isFull = this.#isContested = true
    const capacity = Math.min(this.#bound, this.#used() + incoming)
    if (capacity !== this.#capacity) this.#setCapacity(capacity)
    const victim = this.#mainVictim()
    if (this.#windowWeight() + incoming <= this.#windowTarget && victim !== -1) return victim
    const candidate = this.#oldestOfWindow()
    if (candidate === -1 || victim === -1) return Math.max(candidate, victim)
    if (this.#admitted !== -1) return victim
    if (!this.#isAdmitted(candidate, victim)) {
      this.#climber.onTurnedAway(this.#lists.tag(candidate))
      return candidate
    }
    this.#move(candidate, PROBATION)
    this.#admitted = candidate
    return victim
  }

  /** Whether the candidate was used more often than all the victims together that would make room for it. */
  #isAdmitted(candidate: number, victim: number): boolean {
    const frequency = this.#sketch.frequency(this.#lists.tag(candidate))
    const isOneEnough = this.#host.weightOf(victim) >= this.#host.weightOf(candidate)
    const rivals = isOneEnough
      ? this.#sketch.frequency(this.#lists.tag(victim))
      : this.#rivals(candidate, frequency)
    if (frequency > rivals) return true
    return frequency > WARM_FREQUENCY && this.#random() * LUCKY_ONE_IN < 1
  }

  /** The frequencies of the victims together, or at least `enough`. */
  #rivals(candidate: number, enough: number): number {
    const needed = this.#host.weightOf(candidate)
    let rivals = 0
    let freed = 0
    let counted = 0
    for (const part of MAIN_PARTS) {
      let slot = this.#lists.oldest(part)
      while (slot !== -1 && freed < needed && counted < VICTIMS_COUNTED_MAX) {
        rivals += this.#sketch.frequency(this.#lists.tag(slot))
        if (rivals >= enough) return rivals
        freed += this.#host.weightOf(slot)
        counted++
        slot = this.#lists.newer(part, slot)
      }
    }
    return rivals
  }

  #mainVictim(): number {
    // The newest of probation may be the candidate that was just let in.
    const first = this.#lists.oldest(PROBATION)
    if (first !== -1 && first !== this.#admitted) return first
    const kept = this.#lists.oldest(PROTECTED)
    return kept === -1 ? first : kept
  }

  #promote(slot: number): void {
    this.#climber.onProbationHit()
    this.#move(slot, PROTECTED)
    const bound = PROTECTED_SHARE_OF_MAIN * (this.#capacity - this.#windowTarget)
    while (this.#weights[PROTECTED]! > bound) {
      const oldest = this.#lists.oldest(PROTECTED)
      if (oldest === slot || oldest === -1) return
      this.#move(oldest, PROBATION)
    }
  }

  #rejuvenate(slot: number): void {
    this.#climber.onTailHit()
    this.#move(slot, WINDOW)
    this.#fillTail()
  }

  /** Moves what is too much for the young part of the window to its tail. */
  #fillTail(): void {
    while (this.#weights[WINDOW]! > this.#youngTarget) {
      const oldest = this.#lists.oldest(WINDOW)
      if (oldest === -1) return
      this.#move(oldest, WINDOW_TAIL)
    }
  }

  #oldestOfWindow(): number {
    const old = this.#lists.oldest(WINDOW_TAIL)
    return old === -1 ? this.#lists.oldest(WINDOW) : old
  }

  #windowWeight(): number {
    return this.#weights[WINDOW]! + this.#weights[WINDOW_TAIL]!
  }

  #used(): number {
    return this.#windowWeight() + this.#weights[PROBATION]! + this.#weights[PROTECTED]!
  }

  #shrinkWindow(): void {
    for (let moves = 0; moves < MOVES_PER_CALL && this.#windowWeight() > this.#windowTarget; moves++) {
      const oldest = this.#oldestOfWindow()
      if (oldest === -1) return
      this.#move(oldest, PROBATION)
    }
  }

  #climb(): void {
    const change = this.#climber.change({
      entries: this.#entries,
      tailWeight: this.#weights[WINDOW_TAIL]!,
      probationWeight: this.#weights[PROBATION]!,
      marginWeight: MARGIN_SHARE * this.#capacity,
    })
    if (change === 0) return
    this.#windowShare = Math.min(WINDOW_SHARE_MAX, Math.max(WINDOW_SHARE_FIRST, this.#windowShare + change))
    this.#retarget()
    if (change > 0) this.#growWindow()
    else this.#shrinkWindow()
    this.#fillTail()
  }

  /** The window takes the oldest of the main part, which would otherwise leave first. */
  #growWindow(): void {
    for (let moves = 0; moves < MOVES_PER_CALL; moves++) {
      const slot = this.#mainVictim()
      if (slot === -1 || this.#windowWeight() + this.#host.weightOf(slot) > this.#windowTarget) return
      this.#move(slot, WINDOW)
    }
  }

  #setCapacity(capacity: number): void {
    this.#capacity = capacity
    this.#retarget()
  }

  #retarget(): void {
    this.#windowTarget = Math.max(1, Math.floor(this.#windowShare * this.#capacity))
    this.#youngTarget = Math.max(1, this.#windowTarget - MARGIN_SHARE * this.#capacity)
  }

  #move(slot: number, part: number): void {
    const weight = this.#host.weightOf(slot)
    this.#lists.unlink(slot)
    this.#weights[this.#parts[slot]!]! -= weight
    this.#enter(part, slot, weight)
  }

  #enter(part: number, slot: number, weight: number): void {
    this.#lists.append(part, slot)
    this.#parts[slot] = part
    this.#weights[part]! += weight
  }
}
