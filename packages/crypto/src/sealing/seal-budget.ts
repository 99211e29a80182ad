import { assert, ForgeError } from '@forgeone/common'

/** Seals a key of a 96-bit nonce suite may make: collision odds stay near 2^-35. */
export const SEALS_PER_KEY_MAX: number = 2 ** 31

/** Largest reservation. What a crash forfeits is at most this. */
export const SEALS_STEP_MAX: number = 2 ** 20

/**
 * First reservation after opening. With full steps alone, 2,048 short runs (one command each) would use a key up;
 * growing from here by four allows 131,072 of them and still writes the keyring rarely under load.
 */
export const SEALS_STEP_FIRST: number = 2 ** 14

const STEP_GROWTH = 4

/** Where a budget gets its reservations made durable. */
export interface Reservations {
  /** Makes the planned reservations durable before it returns. */
  reserveNow(): void
  /** Starts doing so; the budget hears by `grant`. */
  reserveSoon(): void
}

/** Counts the seals of one key, never past what the keyring on disk has reserved. */
export class SealBudget {
  readonly #max: number
  readonly #keyId: number
  readonly #reservations: Reservations
  #used: number
  #granted: number
  #planned: number
  #nextStep = SEALS_STEP_FIRST
  #lastStep = 0
  /** `take` is a compare and an increment until `#used` reaches this. */
  #alarm: number

  /** @param o.reserved what the keyring says: any of it may have been used before a crash */
  constructor(o: { max: number; keyId: number; reserved: number; reservations: Reservations }) {
    this.#max = o.max
    this.#keyId = o.keyId
    this.#reservations = o.reservations
    this.#used = o.reserved
    this.#granted = o.reserved
    this.#planned = o.reserved
    this.#alarm = o.reserved
  }

  /** What the keyring must say before more may be used. */
  get planned(): number {
    return this.#planned
  }

  /** True when the key has made every seal it may. */
  get spent(): boolean {
    return this.#used >= this.#max
  }

  /**
   * Counts one seal.
   * @throws CRYPTO_KEY_EXHAUSTED at the cap, IO_FAILED when a reservation cannot be made durable
   */
  take(): void {
    if (this.#used >= this.#alarm) this.#replenish()
    this.#used++
  }

  /** Plans the next step if less than half of the last one remains, or none was taken yet. */
  plan(): void {
    const low = this.#granted - this.#used <= this.#lastStep / 2
    if (!low || this.#planned > this.#granted) return
    this.#planned = Math.min(this.#max, this.#granted + this.#nextStep)
    this.#nextStep = Math.min(this.#nextStep * STEP_GROWTH, SEALS_STEP_MAX)
  }

  /** The keyring on disk now says `reserved`. */
  grant(reserved: number): void {
    if (reserved <= this.#granted) return
    this.#lastStep = reserved - this.#granted
    this.#granted = reserved
    this.#alarm = reserved === this.#max ? reserved : reserved - Math.floor(this.#lastStep / 2) + 1
  }

  #replenish(): void {
    if (this.#used < this.#granted) {
      // Asked once; if that fails or is late, the end of the grant asks again and waits.
      this.#alarm = this.#granted
      this.#reservations.reserveSoon()
      return
    }
    if (this.#used >= this.#max) {
      throw new ForgeError('CRYPTO_KEY_EXHAUSTED', `data key ${this.#keyId} has made ${this.#max} seals`)
    }
    this.#reservations.reserveNow()
    assert(this.#used < this.#granted, 'a durable reservation grants seals')
  }
}
