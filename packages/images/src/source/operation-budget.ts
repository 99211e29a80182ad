import type { Clock } from '@forgeone/common'
import { LIMITS, limitExceeded } from '../limits.ts'

/** The time that one operation on metadata may take, whatever the image says. */
export class OperationBudget {
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  readonly #endMs: number

  constructor({ clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined }) {
    this.#clock = clock
    this.#signal = signal
    this.#endMs = clock.monotonicMs() + LIMITS.operationMs
  }

  /** @throws IMAGE_LIMIT, and the reason of the signal */
  check(): void {
    this.#signal?.throwIfAborted()
    if (this.#clock.monotonicMs() > this.#endMs)
      throw limitExceeded('operationMs', 'the operation takes too long')
  }
}
