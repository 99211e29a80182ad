import type { ResealProgress, ResealReport } from '@forgeone/engine'
import { formatCount } from '../../render/quantities.ts'
import type { Progress } from '../../render/progress.ts'

/** Shows a re-sealing while it runs. */
export function showReseal(progress: Progress): (state: ResealProgress) => void {
  return ({ database, rows, resealed }) =>
    progress.update({
      label: `sealing ${database}`,
      doneBytes: 0,
      totalBytes: undefined,
      count: resealed > 0 ? resealed : rows,
      unit: resealed > 0 ? 'values sealed anew' : 'values looked at',
    })
}

export function describeReseal({ resealed }: ResealReport): string {
  const total = [...resealed.values()].reduce((sum, count) => sum + count, 0)
  return `sealed ${formatCount(total)} values anew`
}
