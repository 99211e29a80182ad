import { hash } from 'node:crypto'
import { ByteReader, ByteWriter, canonicalJson, toHex, type AuditFacts } from '@forgeone/common'
import { z } from 'zod'
import type { CommitRecord } from '../format/commit-record.ts'
import type { CommitContent } from '../port/store.ts'
import type { ScopedRoot } from './state-root.ts'

/** What the rows of some databases were once: told by `store.flushed`, `store.described` and `store.closed`. */
export interface StateRecord {
  /** All commits up to and including this one are in the rows. */
  readonly sequence: number
  readonly scopes: readonly ScopedRoot[]
  readonly observer: ObserverState | undefined
}

/** What lies in the observer's database beside the rows that derive from commits. */
export interface ObserverState {
  readonly database: string
  /** Commits that were observed. */
  readonly size: number
  /** The last key among its notes, empty when there is none. Later ones may have come since. */
  readonly lastNote: Uint8Array
}

export type StateAction = 'store.closed' | 'store.flushed' | 'store.described'

const STATE_ACTIONS: readonly string[] = [
  'store.closed',
  'store.flushed',
  'store.described',
] satisfies readonly StateAction[]

const DETAIL_VERSION = 1

const schema = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.int().min(0),
  sequence: z.int().min(0),
})

/**
 * The facts have one size, however many databases there are: `{"digest":"<64 hex digits>","scopes":n,"sequence":n}`, where the
 * digest is SHA-256 of the detail, which the journal keeps and no leaf holds.
 */
export function stateContent(
  action: StateAction,
  record: StateRecord | undefined,
): Pick<CommitContent, 'facts' | 'detail'> {
  const facts = { actor: 'system', action, resourceClass: 'store' }
  if (record === undefined) return { facts }
  const detail = encodeDetail(record)
  const context = { digest: digestOf(detail), scopes: record.scopes.length, sequence: record.sequence }
  return {
    facts: { ...facts, context: canonicalJson(context, { code: 'INTERNAL', what: 'a state record' }) },
    detail,
  }
}

/** @returns undefined for any other commit, and for one that says nothing about rows */
export function stateRecordOf({
  facts,
  detail,
}: Pick<CommitRecord, 'facts' | 'detail'>): StateRecord | undefined {
  if (!isStateAct(facts) || facts.context === undefined || detail === undefined) return undefined
  const parsed = schema.safeParse(JSON.parse(facts.context))
  if (!parsed.success || parsed.data.digest !== digestOf(detail)) return undefined
  return { sequence: parsed.data.sequence, ...decodeDetail(detail) }
}

function isStateAct({ actor, action }: AuditFacts): boolean {
  return actor === 'system' && STATE_ACTIONS.includes(action)
}

function digestOf(detail: Uint8Array): string {
  return toHex(new Uint8Array(hash('sha256', detail, 'buffer')))
}

/** The layout stands in `docs/format.md`, "State record". */
function encodeDetail({ scopes, observer }: StateRecord): Uint8Array {
  const writer = new ByteWriter().u8(DETAIL_VERSION).varint(scopes.length)
  for (const { database, part = '', without = [], only = [], ends = [], root } of scopes) {
    writer.text(database).text(part)
    for (const keyspaces of [without, only, ends])
      writer.varint(keyspaces.length).bytes(Uint8Array.from(keyspaces))
    writer.bytes(root)
  }
  writer.u8(observer === undefined ? 0 : 1)
  if (observer !== undefined) {
    writer.text(observer.database).u64(observer.size)
    writer.varint(observer.lastNote.length).bytes(observer.lastNote)
  }
  return writer.finish()
}

/** @throws JOURNAL_DAMAGED for an unknown version: the digest has vouched for the rest */
function decodeDetail(detail: Uint8Array): Pick<StateRecord, 'scopes' | 'observer'> {
  const reader = new ByteReader(detail, { code: 'JOURNAL_DAMAGED', what: 'a state record' })
  const version = reader.u8()
  if (version !== DETAIL_VERSION) throw reader.failure(`the unknown version ${version}`)
  const keyspaces = (): readonly number[] => [...reader.bytes(reader.varint())]
  const scopes = Array.from({ length: reader.varint() }, (): ScopedRoot => {
    const [database, part] = [reader.text(), reader.text()]
    const [without, only, ends] = [keyspaces(), keyspaces(), keyspaces()]
    return { database, part, without, only, ends, root: new Uint8Array(reader.bytes(32)) }
  })
  const observer =
    reader.u8() === 0
      ? undefined
      : {
          database: reader.text(),
          size: reader.u64(),
          lastNote: new Uint8Array(reader.bytes(reader.varint())),
        }
  reader.end()
  return { scopes, observer }
}
