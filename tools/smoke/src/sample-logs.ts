import type { PastedCommand } from './readme-commands.ts'

/** An entry of the topic dpkg, as a search prints it: time, level, topic, and the line of the log. */
const SHOWN = /^\S+Z INFO +dpkg (.+)$/

/** Lines that the README counts: of each log, and of dpkg.log those with the word "status". */
const DPKG_LINES = 4891
const STATUS_LINES = 3493
const HISTORY_LINES = 58

/**
 * The two logs that the README of the command line imports, as far as it tells of them: the lines that its searches
 * show, in their order, and others up to the numbers that it names.
 */
export function sampleLogs(commands: readonly PastedCommand[]): Readonly<Record<string, string>> {
  const shown = commands.flatMap(({ shows }) => shows.flatMap((line) => SHOWN.exec(line)?.[1] ?? []))
  const others = Array.from({ length: DPKG_LINES - 1 - shown.length }, (_, n) => {
    const minutes = `${String(n % 24).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`
    const act = n < STATUS_LINES - shown.length ? 'status half-configured' : 'configure'
    return `2026-06-01 ${minutes}:00 ${act} package-${n}:amd64 1.${n % 17}.0-${n % 5}`
  })
  const first = '2025-06-24 14:36:25 startup archives unpack'
  const history = Array.from(
    { length: HISTORY_LINES },
    (_, n) => `Install: ${`package-${n}:amd64 (1.${n}), `.repeat(20)}`,
  )
  return {
    // The last two are shown by `--latest`, which begins with the newest.
    'dpkg.log': linesOf([first, ...shown.slice(0, -2), ...others, ...shown.slice(-2).toReversed()]),
    'history.log': linesOf(history),
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
