import type { OptionValues } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'

const FORM =
  'Give it as 2026, 2026-Q3, 2026-11, 2026-11-21 or FROM/TO with two dates; the second is included.'

/** A period: a year, a quarter, a month, a day, or two days. @throws USAGE */
export function periodOption(options: OptionValues): { readonly from: number; readonly to: number } {
  const text = textOption(options, 'period')
  if (text === undefined) throw usageError('no period is given', `Add --period. ${FORM}`)
  const [first, last] = text.split('/')
  const start = spanOf(first ?? '')
  const end = last === undefined ? start : spanOf(last)
  if (start !== undefined && end !== undefined && start.from < end.to) return { from: start.from, to: end.to }
  throw usageError(`"${text}" is no period`, FORM)
}

function spanOf(text: string): { readonly from: number; readonly to: number } | undefined {
  const quarter = /^(\d{4})-Q([1-4])$/.exec(text)
  if (quarter !== null) {
    const [year, month] = [Number(quarter[1]), (Number(quarter[2]) - 1) * 3]
    return { from: Date.UTC(year, month), to: Date.UTC(year, month + 3) }
  }
  const match = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? '1'), Number(match[3] ?? '1')]
  const from = Date.UTC(year, month - 1, day)
  // 30 February is no day.
  const date = new Date(from)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const to =
    match[3] !== undefined
      ? Date.UTC(year, month - 1, day + 1)
      : match[2] !== undefined
        ? Date.UTC(year, month)
        : Date.UTC(year + 1, 0)
  return { from, to }
}
