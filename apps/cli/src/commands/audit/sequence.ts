import { usageError } from '../../program/parse-arguments.ts'

/** The number of a commit, as typed. @throws USAGE */
export function sequenceOf(text: string): number {
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value
  throw usageError(`"${text}" is not the number of a commit`, 'Commits count from 0; see `forge audit list`.')
}
