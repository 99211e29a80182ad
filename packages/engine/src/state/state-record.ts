import { canonicalJson, type AuditFacts } from '@forgeone/common'
import { z } from 'zod'
import type { ScopedRoot } from './state-root.ts'

/** What the rows of some databases were once: the context of `store.flushed`, `store.described` and `store.closed`. */
export interface StateRecord {
  /** All commits up to and including this one are in the rows. */
  readonly sequence: number
  readonly databases: readonly ScopedRoot[]
}

export type StateAction = 'store.closed' | 'store.flushed' | 'store.described'

const STATE_ACTIONS: readonly string[] = [
  'store.closed',
  'store.flushed',
  'store.described',
] satisfies readonly StateAction[]

const schema = z.strictObject({
  sequence: z.int().min(0),
  state: z.record(
    z.string(),
    z.strictObject({ root: z.string().regex(/^[0-9a-f]{64}$/), without: z.array(z.int().min(0).max(255)) }),
  ),
})

/** `{"sequence":n,"state":{"<database>":{"root":"<64 hex digits>","without":[keyspaces]},…}}` */
export function stateFacts(action: StateAction, record: StateRecord | undefined): AuditFacts {
  const facts = { actor: 'system', action, resourceClass: 'store' }
  if (record === undefined) return facts
  const state = Object.fromEntries(
    record.databases.map(({ database, root, without = [] }) => [database, { root, without: [...without] }]),
  )
  const context = { sequence: record.sequence, state }
  return { ...facts, context: canonicalJson(context, { code: 'INTERNAL', what: 'a state record' }) }
}

/** @returns undefined for the facts of any other commit, and of one that says nothing about rows */
export function stateRecordOf({ actor, action, context }: AuditFacts): StateRecord | undefined {
  if (actor !== 'system' || !STATE_ACTIONS.includes(action)) return undefined
  if (context === undefined) return undefined
  const parsed = schema.safeParse(JSON.parse(context))
  if (!parsed.success) return undefined
  const { sequence, state } = parsed.data
  const databases = Object.entries(state).map(([database, { root, without }]) => ({
    database,
    root,
    without,
  }))
  return { sequence, databases }
}
