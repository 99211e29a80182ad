import { setTimeout as wait } from 'node:timers/promises'
import { canonicalJson, type AuditFacts } from '@forgeone/common'
import { readSealedHeader } from '@forgeone/crypto'
import type { Applier } from '../commit/applier.ts'
import type { Committer } from '../commit/committer.ts'
import { keyAfter, type Database } from '../database/database.ts'
import type { Row } from '../store/store.ts'

/** Values sealed anew in one commit: small against a journal segment, large against what a commit costs. */
export const RESEAL_BATCH_BYTES: number = 1024 * 1024
/** Rows of a batch of small values; bounds the turn in which they are opened and sealed. */
const RESEAL_BATCH_ROWS = 2000
/** Rest after a batch, as a multiple of the time it took: re-sealing is never urgent, appends are. */
const REST_RATIO = 1
const REST_MS_MAX = 200

export interface ResealProgress {
  readonly database: string
  /** Rows looked at and rows sealed anew so far, in this database. */
  readonly rows: number
  readonly resealed: number
}

export interface ResealOptions {
  readonly actor?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ResealProgress) => void) | undefined
  /** `full` leaves no rest between batches: for a caller that waits for nothing else. */
  readonly pace?: 'gentle' | 'full' | undefined
}

export interface ResealTarget {
  readonly database: Database
  /** The key that seals now: values under any other are moved to it. */
  readonly primaryId: number
}

/** What a batch found: rows under older keys, and where the next batch begins. */
interface Batch {
  readonly rows: readonly Row[]
  readonly looked: number
  readonly next: Uint8Array | undefined
}

/**
 * Seals every value of a database under its present key. It may be cut short anywhere and begun again: a value says
 * itself under which key it lies.
 *
 * A commit may overwrite a row between its reading and its re-sealing, and must win. So the keys that commits touch are
 * watched from before the reading on, and in the turn in which the batch gets its sequence, touched rows are left out.
 * @returns rows sealed anew
 */
export async function resealDatabase(
  { database, primaryId }: ResealTarget,
  committer: Committer,
  options: ResealOptions,
): Promise<number> {
  let from: Uint8Array | undefined
  let rows = 0
  let resealed = 0
  do {
    options.signal?.throwIfAborted()
    const startedMs = performance.now()
    const watch = committer.watch(database.name)
    try {
      await committer.settled()
      const batch = await readBatch(database, primaryId, from)
      if (batch.rows.length > 0) {
        resealed += await commitBatch(batch.rows, { database, committer, watch, options })
      }
      from = batch.next
      rows += batch.looked
    } finally {
      committer.unwatch(watch)
    }
    options.onProgress?.({ database: database.name, rows, resealed })
    await rest(performance.now() - startedMs, options)
  } while (from !== undefined)
  return resealed
}

/** The same for the observer's database, which the journal does not carry: between two of the applier's batches. */
export async function resealObserved(
  { database, primaryId }: ResealTarget,
  applier: Applier,
  options: ResealOptions,
): Promise<number> {
  let from: Uint8Array | undefined
  let rows = 0
  let resealed = 0
  do {
    options.signal?.throwIfAborted()
    const start = from
    const batch = await applier.between(async () => {
      const found = await readBatch(database, primaryId, start)
      const operations = found.rows.map(({ key, value }) => {
        const sealed = database.seal(key, database.unseal(key, value))
        return { type: 'put' as const, database: database.name, key, sealed }
      })
      await database.apply(operations)
      return found
    })
    from = batch.next
    rows += batch.looked
    resealed += batch.rows.length
    options.onProgress?.({ database: database.name, rows, resealed })
  } while (from !== undefined)
  return resealed
}

async function readBatch(
  database: Database,
  primaryId: number,
  from: Uint8Array | undefined,
): Promise<Batch> {
  const found: Row[] = []
  let bytes = 0
  let looked = 0
  for await (const page of database.sealedPages(from === undefined ? {} : { from })) {
    for (const row of page) {
      looked++
      if (readSealedHeader(row.value).keyId === primaryId) continue
      found.push(row)
      bytes += row.value.length
      if (bytes >= RESEAL_BATCH_BYTES || found.length >= RESEAL_BATCH_ROWS) {
        return { rows: found, looked, next: keyAfter(row.key) }
      }
    }
  }
  return { rows: found, looked, next: undefined }
}

async function commitBatch(
  rows: readonly Row[],
  o: {
    readonly database: Database
    readonly committer: Committer
    readonly watch: ReturnType<Committer['watch']>
    readonly options: ResealOptions
  },
): Promise<number> {
  const { database, committer, watch, options } = o
  const opened = rows.map(({ key, value }) => ({ key, value: database.unseal(key, value) }))
  let count = 0
  await committer.submit(
    () => {
      const untouched = opened.filter(({ key }) => !watch.touched(key))
      count = untouched.length
      const operations = untouched.map((row) => ({ type: 'put' as const, database: database.name, ...row }))
      return { facts: resealFacts(database.name, count, options.actor), operations }
    },
    { privileged: true },
  )
  return count
}

function resealFacts(scope: string, values: number, actor = 'system'): AuditFacts {
  const context = canonicalJson({ scope, values }, { code: 'INTERNAL', what: 'the facts of a re-sealing' })
  return { actor, action: 'keys.resealed', resourceClass: 'keys', context }
}

async function rest(tookMs: number, { pace = 'gentle', signal }: ResealOptions): Promise<void> {
  if (pace === 'full') return
  // An abort ends the rest; the next round then throws it.
  await wait(Math.min(tookMs * REST_RATIO, REST_MS_MAX), undefined, signal && { signal }).catch(
    () => undefined,
  )
}
