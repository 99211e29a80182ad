import { createHash } from 'node:crypto'

/** What victim and rig agree on: values describe themselves, so that a checker needs no copy of the plan. */
export const DATABASES = ['alpha', 'beta', 'gamma'] as const
/** Keys that are overwritten again and again; the others are written once. */
export const HOT_KEYS = 5

export interface PlannedRow {
  readonly database: string
  readonly key: string
  readonly value: string
}

/** The rows of commit `number`: one fresh row and one overwritten row in each database, of varied length. */
export function plannedRows(number: number): readonly PlannedRow[] {
  return DATABASES.flatMap((database) => [
    { database, key: `n/${String(number).padStart(9, '0')}`, value: selfDescribing(database, number) },
    { database, key: `hot/${number % HOT_KEYS}`, value: selfDescribing(database, number) },
  ])
}

/** Each commit takes the row away that was written this many commits before, from beta only. */
export const DELETE_AFTER = 7

function selfDescribing(database: string, number: number): string {
  const filler = 'x'.repeat((number * 131) % 1800)
  const body = `${database}|${number}|${filler.length}|${filler}`
  return `${createHash('sha256').update(body).digest('hex').slice(0, 16)}|${body}`
}
