import { setTimeout as sleep } from 'node:timers/promises'
import { isForgeError } from '@forgeone/common'
import type { Forge } from '@forgeone/storage-manager'
import type { Position } from '@forgeone/streams'
import type { StoreAccess } from './store-access.ts'

/** A store has one user at a time, so a follower looks in, closes, and comes back. */
const FOLLOW_MS = 1000

export interface FollowRequest {
  readonly store: StoreAccess
  readonly signal: AbortSignal
  readonly follow: boolean
  /** @param after the last entry seen; undefined at first */
  readonly read: (forge: Forge, after: Position | undefined) => Promise<void>
}

/** Reads once, and with `follow` again and again what came since, until interrupted. */
export async function followEntries({ store, signal, follow, read }: FollowRequest): Promise<void> {
  let after: Position | undefined
  let credentials: StoreAccess | undefined
  for (;;) {
    try {
      credentials ??= await store.remember()
      await using forge = await credentials.open()
      // Everything up to this commit is read now; later entries have a higher one.
      const end = { commitSequence: forge.sequence, shard: 255, sequence: Number.MAX_SAFE_INTEGER }
      await read(forge, after)
      after = end
    } catch (error) {
      if (!(follow && after !== undefined && isForgeError(error, 'STORE_LOCKED'))) throw error
    }
    if (!follow) return
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
  }
}
