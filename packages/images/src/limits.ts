import { ForgeError } from '@forgeone/common'

/** What an image may ask for. An image is hostile input: nothing in it is believed before it is checked. */
export const LIMITS = {
  /** No medium has larger sectors. */
  sectorBytes: 4096,
  zones: 256,
  gptEntries: 256,
  gptEntryBytes: 4096,
  /** Extended boot records, of which each holds one logical partition. */
  extendedRecords: 128,
  /** FAT32 needs no more for 2^28 clusters than ten times this; ours are for cards and sticks. */
  fatBytes: 104_857_600,
  chainClusters: 1_000_000,
  /** Entries of one listing; a longer directory is read in parts. */
  directoryEntries: 10_000,
  depth: 64,
  pathBytes: 4096,
  /** Of one read, and so of one allocation. */
  readBytes: 16_777_216,
  directoriesVisited: 1_000_000,
  operationMs: 60_000,
} as const

export function limitExceeded(limit: keyof typeof LIMITS, found: string): ForgeError {
  return new ForgeError('IMAGE_LIMIT', `${found}; the limit ${limit} is ${LIMITS[limit]}`, {
    details: { limit },
  })
}

export function damaged(reason: string): ForgeError {
  return new ForgeError('IMAGE_DAMAGED', reason)
}
