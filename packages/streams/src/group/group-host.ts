import type { Clock, Metrics, Timer } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { EventSource } from './lane-reader.ts'
import type { AppendWith } from './settlement-options.ts'
import type { StartContext } from './start-position.ts'

/** The part of a stream that groups need. */
export interface GroupHost {
  readonly store: Store
  readonly topics: TopicDirectory
  readonly source: EventSource
  readonly clock: Clock
  readonly timer: Pick<Timer, 'after'>
  readonly metrics: Metrics
  readonly actor: string
  readonly checkpoints: Checkpoints
  readonly append: AppendWith
  readonly firstSince: StartContext['firstSince']
  /** Calls a listener whenever entries became visible. */
  readonly watch: (listener: () => void) => () => void
  /** Calls a listener after each removal, which settles when the listener is done. */
  readonly onRemoval: (listener: () => Promise<void>) => void
}
