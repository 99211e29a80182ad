import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { ForgeError, type Clock } from '@forgeone/common'
import { openSource, sourceFailure } from '../source/open-source.ts'

const EDGE_BYTES = 64 * 1024
const FINGERPRINT_BYTES = 8
/** A file that changed so shortly before may change again within the same tick of its clock. */
const UNPROVEN_MS = 2_000

/** What a file looks like from outside; equal strings mean that nothing has touched it in between. */
export interface SourceStat {
  readonly identity: string
  readonly size: number
  readonly modifiedMs: number
}

/** @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE */
export async function statSource(path: string): Promise<SourceStat> {
  try {
    const found = await stat(path, { bigint: true })
    if (!found.isFile() && !found.isBlockDevice())
      throw new ForgeError('IMAGE_UNREADABLE', `${path} is no regular file`)
    const { size, mtimeNs, ctimeNs, ino, dev } = found
    return {
      identity: [size, mtimeNs, ctimeNs, ino, dev].join(),
      size: Number(size),
      modifiedMs: Number(mtimeNs / 1_000_000n),
    }
  } catch (error) {
    throw sourceFailure(path, error)
  }
}

/**
 * First 8 bytes of SHA-256 over size, modification time, inode and the first and last 64 KiB.
 * @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE
 */
export async function fingerprintOf(path: string): Promise<Uint8Array> {
  await using file = await openSource(path)
  const { size, mtimeNs, ino } = await file.stat({ bigint: true })
  const hash = createHash('sha256').update([size, mtimeNs, ino].join())
  const edge = new Uint8Array(EDGE_BYTES)
  for (const position of [0, Math.max(0, Number(size) - EDGE_BYTES)]) {
    const { bytesRead } = await file.read(edge, 0, EDGE_BYTES, position)
    hash.update(edge.subarray(0, bytesRead))
  }
  return new Uint8Array(hash.digest().subarray(0, FINGERPRINT_BYTES))
}

/** Whether a change after `now` would show in the file's times. */
export function isProven({ modifiedMs }: SourceStat, clock: Clock): boolean {
  return clock.now() - modifiedMs >= UNPROVEN_MS
}
