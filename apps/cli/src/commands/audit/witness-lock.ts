import type { WitnessState } from '@forgeone/audit'
import { ForgeError, isForgeError, systemClock, systemRandom } from '@forgeone/common'
import { StoreLock } from '@forgeone/engine'

/** Sole use of a witness's directory: two that share one would cosign both sides of a fork. */
export interface StateLock extends Disposable {
  /** The state, which writes only while the lock is held. */
  guard(state: WitnessState): WitnessState
}

/**
 * Locks a directory as a store is locked: whoever dies leaves a lock that the next one takes over.
 * @throws STORE_LOCKED
 */
export function lockState(directory: string): StateLock {
  const lock = acquire(directory)
  return {
    guard: (state) => ({
      read: async (origin) => await state.read(origin),
      write: async (origin, note) => {
        lock.assertOwned()
        await state.write(origin, note)
      },
    }),
    [Symbol.dispose]: () => lock.release(),
  }
}

function acquire(directory: string): StoreLock {
  try {
    return StoreLock.acquire(directory, { clock: systemClock, random: systemRandom })
  } catch (cause) {
    if (!isForgeError(cause, 'STORE_LOCKED')) throw cause
    const { pid } = cause.details
    throw new ForgeError('STORE_LOCKED', `another witness (pid ${String(pid)}) uses ${directory}`, {
      cause,
      hint: 'Stop it, or give this one a directory of its own with --state.',
    })
  }
}
