import type { GroupStart } from '@forgeone/streams'

export const PLACE_HELP = 'start, end, a time, a position p12.0.345, or checkpoint:NAME'

const CHECKPOINT_PREFIX = 'checkpoint:'

/** A place in the log, as the user writes it. */
export function placeOf(text: string): GroupStart {
  if (text.startsWith(CHECKPOINT_PREFIX)) return { checkpoint: text.slice(CHECKPOINT_PREFIX.length) }
  if (/^p\d+\./.test(text)) return { position: text }
  return /^\d{5,}$/.test(text) ? Number(text) : text
}
