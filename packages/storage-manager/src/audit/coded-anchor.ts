import type { Anchor, AnchorSource } from '@forgeone/audit'
import { ForgeError, isForgeError } from '@forgeone/common'

const SAID = ['AUDIT_ANCHOR_FAILED', 'AUDIT_ANCHOR_EMPTY', 'AUDIT_ROLLBACK', 'AUDIT_FORK'] as const

/** An anchor of the host's: whatever it throws, or gives instead of what it should, is `AUDIT_ANCHOR_FAILED`. */
export class CodedAnchor implements Anchor {
  readonly kind: Anchor['kind']
  readonly place: string
  readonly #anchor: Anchor

  constructor(anchor: Anchor) {
    this.kind = anchor.kind
    this.place = anchor.place
    this.#anchor = anchor
  }

  async publish(checkpoint: string, log: AnchorSource): Promise<readonly string[]> {
    return await this.#coded(async () => {
      const lines: unknown = await this.#anchor.publish(checkpoint, log)
      if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines
      throw this.#failed('it gave something other than lines')
    })
  }

  async newest(): Promise<string | undefined> {
    return await this.#coded(async () => {
      const note: unknown = await this.#anchor.newest()
      if (note === undefined || typeof note === 'string') return note
      throw this.#failed('it gave something other than a note')
    })
  }

  async #coded<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (cause) {
      throw isForgeError(cause, ...SAID) ? cause : this.#failed('it threw', cause)
    }
  }

  #failed(reason: string, cause?: unknown): ForgeError {
    const { place } = this
    return new ForgeError('AUDIT_ANCHOR_FAILED', `the anchor ${place} failed: ${reason}`, {
      cause,
      details: { place },
    })
  }
}
