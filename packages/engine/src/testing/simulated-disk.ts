import type { SeededRandom } from '@forgeone/common'

/** Thrown by every operation of a machine whose power is gone. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut'
  /** Looks like an error of the operating system, as a dying disk would give. */
  readonly code = 'EIO'

  constructor() {
    super('the power is gone')
  }
}

/**
 * What a power cut does to bytes and directory entries that were not synced:
 * `drop` loses all, `keep` loses nothing, `torn` keeps any subset, in blocks of the size given.
 */
export type CutStyle =
  | { readonly kind: 'drop' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'torn'; readonly random: SeededRandom; readonly blockBytes: 512 | 4096 }

/** The power of a simulated machine: counts sync points and goes out at the one chosen. */
export class Power {
  #points = 0
  #cutAt: number
  #gone = false

  constructor(cutAt: number = Number.POSITIVE_INFINITY) {
    this.#cutAt = cutAt
  }

  /** Sync points so far. */
  get points(): number {
    return this.#points
  }

  get gone(): boolean {
    return this.#gone
  }

  cut(): void {
    this.#gone = true
  }

  check(): void {
    if (this.#gone) throw new PowerCut()
  }

  /** Called where something is about to become durable. */
  syncPoint(): void {
    this.check()
    if (this.#points++ === this.#cutAt) {
      this.#gone = true
      throw new PowerCut()
    }
  }
}

interface PendingWrite {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Bytes of one file: what is durable, and the writes since. */
export class SimulatedBytes {
  #durable: Uint8Array
  #current: Uint8Array
  #pending: PendingWrite[] = []

  constructor(durable: Uint8Array = new Uint8Array(0)) {
    this.#durable = durable
    this.#current = durable
  }

  get current(): Uint8Array {
    return this.#current
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#current = overwritten(this.#current, offset, bytes)
    this.#pending.push({ offset, bytes: bytes.slice() })
  }

  truncate(size: number): void {
    this.#current = this.#current.slice(0, size)
    this.#pending = []
    this.#durable = this.#durable.slice(0, size)
  }

  sync(): void {
    this.#durable = this.#current
    this.#pending = []
  }

  afterCut(style: CutStyle): SimulatedBytes {
    if (style.kind === 'drop') return new SimulatedBytes(this.#durable)
    if (style.kind === 'keep') return new SimulatedBytes(this.#current)
    let bytes = this.#durable
    const { random, blockBytes } = style
    // The size may have grown before any block of it arrived.
    if (random.below(4) === 0) bytes = overwritten(bytes, this.#current.length, new Uint8Array(0))
    for (const write of this.#pending) {
      const end = write.offset + write.bytes.length
      for (let at = write.offset; at < end;) {
        const next = Math.min(end, (Math.floor(at / blockBytes) + 1) * blockBytes)
        const block = write.bytes.subarray(at - write.offset, next - write.offset)
        if (random.below(2) === 0) bytes = overwritten(bytes, at, block)
        at = next
      }
    }
    return new SimulatedBytes(bytes)
  }
}

function overwritten(bytes: Uint8Array, offset: number, part: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(bytes.length, offset + part.length))
  result.set(bytes)
  result.set(part, offset)
  return result
}
