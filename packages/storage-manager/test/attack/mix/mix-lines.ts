// What a process that works with everything at once tells of what it does, line by line, and what it and its judge agree on.

import type { Clock } from '@forgeone/common'
import type { EventInput } from '@forgeone/streams'
import { Forge } from '../../../src/index.ts'
import { SECRET } from '../../temporary-folder.ts'

/**
 * Places of the store, and what stands there once the act is done: all of it is there, or nothing. `null` is nothing. An entry is
 * a place too: `logs/<topic>/<tag>`, with the numbers of all acts that wrote it.
 */
export type Changes = Readonly<Record<string, string | null>>

/** What only the store could say. */
export interface ActResult {
  /** Its commit. */
  readonly sequence?: number
  /** A signed checkpoint of the audit log. */
  readonly note?: string
  readonly sealed?: { readonly subject: string; readonly envelope: string; readonly value: string }
  readonly token?: { readonly principal: string; readonly token: string }
}

export type MixLine =
  | { readonly at: 'opening' | 'open' }
  | { readonly at: 'begun'; readonly n: number; readonly act: string; readonly changes: Changes }
  | { readonly at: 'acked'; readonly n: number; readonly result?: ActResult | undefined }
  | { readonly at: 'refused'; readonly n: number; readonly code: string }
  | { readonly at: 'defect'; readonly n: number; readonly text: string }

/** Of a topic with retention, so many entries stay. */
export const KEPT_ENTRIES = 5
export const IMPORTED_LINES = 2000
export const GROUP = { group: 'workers', topics: 'work.*', from: 'start', maxDeliveries: 1000 } as const

/** Above the ten minutes that compaction of keys leaves alone: what an earlier life wrote is old. */
const LIFE_MS = 11 * 60_000

function clockOf(life: number): Clock {
  return { now: () => Date.now() + life * LIFE_MS, monotonicMs: () => performance.now() }
}

export function openMix(o: {
  readonly path: string
  readonly shardCount: number
  readonly life: number
}): Promise<Forge> {
  const { path, shardCount } = o
  return Forge.open({ path, secret: SECRET, shardCount, cacheMb: 8, clock: clockOf(o.life) })
}

/** An entry is found again by its tag, and says which act wrote it. */
export function marks(n: number, tag: string): { readonly n: number; readonly tag: string } {
  return { n, tag }
}

/** Made from its number alone, so that it can be given again. */
export function onceEvent(n: number): EventInput {
  return { topic: `orders.${n % 3}`, payload: { n }, metadata: marks(n, String(n)), id: `id-${n}` }
}

export function onceKey(n: number): string {
  return `key-${n}`
}

export function importedLine(file: string, index: number): string {
  return `line ${index} of ${file}`
}
