import { FifoPolicy } from './fifo.ts'
import { LfuPolicy } from './lfu.ts'
import { LruPolicy } from './lru.ts'
import type { PolicyFactory } from './policy.ts'
import { TtlPolicy } from './ttl.ts'
import { WTinyLfuPolicy } from './w-tiny-lfu.ts'

/** The policies that come with the package. */
export type PolicyName = 'w-tinylfu' | 'lru' | 'lfu' | 'fifo' | 'ttl'

export const POLICIES: Readonly<Record<PolicyName, PolicyFactory>> = {
  'w-tinylfu': (settings) => new WTinyLfuPolicy(settings),
  lru: () => new LruPolicy(),
  lfu: () => new LfuPolicy(),
  fifo: () => new FifoPolicy(),
  ttl: (settings) => new TtlPolicy(settings),
}
