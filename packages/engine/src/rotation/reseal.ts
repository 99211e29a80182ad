import { tellProgress } from '@forgeone/common'
import { setTimeout as wait } from 'node:timers/promises'
import type { ResealBatch } from './reseal-batch.ts'

/** Rest after a batch, as a multiple of the time it took: re-sealing is never urgent, appends are. */
const REST_RATIO = 1
const REST_MS_MAX = 200

export interface ResealProgress {
  readonly database: string
  /** Rows looked at and rows sealed anew so far, in this database. */
  readonly rows: number
  readonly resealed: number
}

export interface ResealOptions {
  readonly actor?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ResealProgress) => void) | undefined
  /** `full` leaves no rest between batches: for a caller that waits for nothing else. */
  readonly pace?: 'gentle' | 'full' | undefined
}

/**
 * Seals every value of a database under its present key. It may be cut short anywhere and begun again: a value says
 * itself under which key it lies.
 * @returns rows sealed anew
 */
export async function resealDatabase(
  { database, batch }: { readonly database: string; readonly batch: ResealBatch },
  options: ResealOptions,
): Promise<number> {
  let from: Uint8Array | undefined
  let rows = 0
  let resealed = 0
  do {
    options.signal?.throwIfAborted()
    const startedMs = performance.now()
    const done = await batch(from)
    from = done.next
    rows += done.looked
    resealed += done.resealed
    tellProgress(options.onProgress, { database, rows, resealed })
    await rest(performance.now() - startedMs, options)
  } while (from !== undefined)
  return resealed
}

async function rest(tookMs: number, { pace = 'gentle', signal }: ResealOptions): Promise<void> {
  if (pace === 'full') return
  // An abort ends the rest; the next round then throws it.
  await wait(Math.min(tookMs * REST_RATIO, REST_MS_MAX), undefined, signal && { signal }).catch(
    () => undefined,
  )
}
