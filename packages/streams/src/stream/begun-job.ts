import type { Clock, Timer } from '@forgeone/common'
import { Background, type Job } from '@forgeone/engine'
import type { StreamOptions } from './stream-options.ts'

/** Hands work over to whoever runs it for the stream. @returns what runs it, where nobody does */
export function begunJob(
  job: Job,
  { takeJob, reportProblem }: StreamOptions,
  { clock, timer }: { readonly clock: Clock; readonly timer: Timer },
): Background | undefined {
  if (takeJob === undefined) return new Background({ jobs: [job], clock, timer, reportProblem })
  takeJob(job)
  return undefined
}
