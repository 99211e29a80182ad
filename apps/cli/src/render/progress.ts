import { formatBytes, formatCount, formatDuration } from './quantities.ts'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

const REDRAW_MS = 100
const BAR_CELLS = 24

export interface ProgressState {
  readonly label: string
  readonly doneBytes: number
  /** Unknown for pipes and compressed files. */
  readonly totalBytes: number | undefined
  readonly count: number
  readonly unit: string
}

/** One line on standard error that redraws itself: bar, rate and time left. Nothing where nobody watches. */
export class Progress {
  readonly #terminal: Terminal
  readonly #startedMs = performance.now()
  #drawnMs = 0
  #drawn = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  update(state: ProgressState): void {
    const nowMs = performance.now()
    if (!this.#terminal.showsProgress || nowMs - this.#drawnMs < REDRAW_MS) return
    this.#drawnMs = nowMs
    this.#drawn = true
    // A line that wraps could not be drawn over.
    const line = printable(progressLine(state, nowMs - this.#startedMs)).slice(
      0,
      (process.stderr.columns ?? 120) - 1,
    )
    process.stderr.write(`\r\u001B[K${line}`)
  }

  /** Leaves an empty line for what is printed next. */
  clear(): void {
    if (this.#drawn) process.stderr.write('\r\u001B[K')
    this.#drawn = false
  }
}

/** What a progress line says, without the control characters that redraw it. */
export function progressLine(
  { label, doneBytes, totalBytes, count, unit }: ProgressState,
  elapsedMs: number,
): string {
  const rate = elapsedMs === 0 ? 0 : (count / elapsedMs) * 1000
  const figures = `${formatCount(count)} ${unit}  ${formatCount(rate)}/s`
  if (totalBytes === undefined || totalBytes === 0) return `${label}  ${figures}  ${formatBytes(doneBytes)}`
  const share = Math.min(1, doneBytes / totalBytes)
  const filled = Math.round(share * BAR_CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
  const left = share === 0 ? '' : `  ${formatDuration((elapsedMs / share) * (1 - share))} left`
  return `${label}  ${bar} ${Math.round(share * 100)} %  ${figures}${left}`
}
