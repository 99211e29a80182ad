import {
  isForgeError,
  systemRandom,
  systemTimer,
  type ErrorCode,
  type Random,
  type Timer,
} from '@forgeone/common'
import type { ConnectedForge } from './connect-forge.ts'

/** Between one who ends and one who begins a store may be nobody's; longer than recovering from a kill mostly takes. */
const JOIN_MS_MAX = 30_000
const RETRY_MS_MIN = 20
const RETRY_MS_MAX = 200

/** Who had it is going, or who has it does not listen yet, or only just makes it. */
const PASSING: readonly ErrorCode[] = [
  'STORE_NOT_SHARED',
  'STORE_HOST_LOST',
  'STORE_CLOSED',
  'STORE_NOT_FOUND',
]

export interface JoinSteps {
  /** @throws STORE_LOCKED while another process has the store open */
  readonly open: () => Promise<ConnectedForge>
  /** @throws STORE_NOT_SHARED, STORE_HOST_LOST, STORE_CLOSED while nobody is there */
  readonly connect: () => Promise<ConnectedForge>
  readonly timer?: Timer | undefined
  readonly random?: Random | undefined
}

/** Opens a store, or uses it through whoever has it open: of many that begin at once, one opens it. */
export async function joinForge({
  open,
  connect,
  timer = systemTimer,
  random = systemRandom,
}: JoinSteps): Promise<ConnectedForge> {
  for (let waitedMs = 0; ;) {
    let locked: unknown
    try {
      return await open()
    } catch (error) {
      if (!isForgeError(error, 'STORE_LOCKED')) throw error
      locked = error
    }
    try {
      return await connect()
    } catch (error) {
      if (!isForgeError(error, ...PASSING)) throw error
    }
    // Who has it open says more than that it is not shared.
    if (waitedMs >= JOIN_MS_MAX) throw locked
    const pauseMs = RETRY_MS_MIN + (random.bytes(1)[0]! / 256) * (RETRY_MS_MAX - RETRY_MS_MIN)
    await timer.pause(pauseMs)
    waitedMs += pauseMs
  }
}
