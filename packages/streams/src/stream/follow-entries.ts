import type { Position } from '../entry/position.ts'
import type { ScanRequest } from '../read/scan-request.ts'
import type { Arrivals } from './arrivals.ts'
import type { TailOptions } from './stream-options.ts'

export interface FollowContext<Entry> {
  readonly arrivals: Arrivals
  readonly isClosed: () => boolean
  readonly head: () => Position | undefined
  readonly request: (options: Pick<TailOptions, 'topic' | 'from'>) => ScanRequest
  readonly each: (request: () => ScanRequest) => AsyncGenerator<Entry>
}

/** What is there behind `start`, then what comes, without gap or repetition, until the signal aborts or the stream ends. */
export async function* followEntries<Entry>(
  options: TailOptions,
  start: Position | undefined,
  context: FollowContext<Entry>,
): AsyncGenerator<Entry> {
  const { signal } = options
  let after = start
  let from = options.from
  while (!context.isClosed() && !isAborted(signal)) {
    // The waiter is there before the head is read, so nothing can slip in between.
    const changed = context.arrivals.next(signal)
    const upTo = context.head()
    if (upTo !== undefined) {
      const request = {
        ...context.request({ topic: options.topic, from }),
        ...(after === undefined ? {} : { after }),
        upTo,
      }
      for await (const entry of context.each(() => request)) {
        if (isAborted(signal)) return
        yield entry
      }
      after = upTo
      from = undefined
    }
    await changed
  }
}

/** A function, since TypeScript takes a flag it has seen false to stay so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
