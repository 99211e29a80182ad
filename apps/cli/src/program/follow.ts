import { setTimeout as sleep } from 'node:timers/promises'
import { isForgeError } from '@forgeone/common'
import type { ConnectedForge } from '@forgeone/storage-manager'
import type { Position } from '@forgeone/streams'
import { isConnected } from './is-connected.ts'
import type { StoreAccess } from './store-access.ts'

/** A follower that has the store open itself closes it between looks: whoever is to own it would find it taken. */
const FOLLOW_MS = 1000

export interface FollowRequest {
  readonly store: StoreAccess
  readonly signal: AbortSignal
  readonly follow: boolean
  /** @param after the last entry seen; undefined at first */
  readonly read: (forge: ConnectedForge, after: Position | undefined) => Promise<void>
}

/** Reads once, and with `follow` again and again what came since, until interrupted. */
export async function followEntries({ store, signal, follow, read }: FollowRequest): Promise<void> {
  let after: Position | undefined
  let credentials: StoreAccess | undefined
  for (;;) {
    try {
      credentials ??= await store.remember()
      await using forge = await credentials.open()
      for (;;) {
        // Everything up to this commit is read now; later entries have a higher one.
        const end = { commitSequence: await forge.sequence, shard: 255, sequence: Number.MAX_SAFE_INTEGER }
        await read(forge, after)
        after = end
        if (!follow || !isConnected(forge)) break
        await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined)
        signal.throwIfAborted()
      }
    } catch (error) {
      // Somebody else has it just now, or whoever had it is gone: it is looked at again.
      const isPassing = isForgeError(error, 'STORE_LOCKED', 'STORE_HOST_LOST', 'STORE_CLOSED')
      if (!(follow && after !== undefined && isPassing)) throw error
    }
    if (!follow) return
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
  }
}
