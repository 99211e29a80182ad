import { formatCount, formatTime } from './quantities.ts'
import type { RecordRow } from './records.ts'
import type { Terminal } from './terminal.ts'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const BAR_CELLS_MIN = 10

/** A bar for each step of time. */
export function renderHistogram(terminal: Terminal, rows: readonly RecordRow[]): string {
  const steps = rows.map((row) => ({ time: Number(row['time']), count: Number(row['count']) }))
  const most = steps.reduce((max, step) => Math.max(max, step.count), 1)
  const countWidth = formatCount(most).length
  const timeWidth = formatTime(steps[0]?.time ?? 0).length
  const cells = Math.max(BAR_CELLS_MIN, terminal.columns - timeWidth - countWidth - 6)
  return steps
    .map(({ time, count }) => {
      const bar = terminal.style(barOf((count / most) * cells), 'green')
      return `${formatTime(time)}  ${formatCount(count).padStart(countWidth)}  ${bar}\n`
    })
    .join('')
}

function barOf(length: number): string {
  const whole = Math.floor(length)
  const eighths = Math.floor((length - whole) * 8)
  const bar = '█'.repeat(whole) + EIGHTHS[eighths]!
  return bar === '' && length > 0 ? EIGHTHS[1] : bar
}
