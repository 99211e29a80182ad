import { canonicalJson, type AuditFacts } from '@forgeone/common'
import { readSealedHeader } from '@forgeone/crypto'
import type { Applier } from '../commit/applier.ts'
import type { CommitBuilder } from '../commit/commit-acceptance.ts'
import type { Committer } from '../commit/committer.ts'
import { keyAfter, type Database } from '../database/database.ts'
import type { Row } from '../port/store.ts'

/** Values sealed anew in one commit: small against a journal segment, large against what a commit costs. */
const RESEAL_BATCH_BYTES: number = 1024 * 1024
/** Rows of a batch of small values; bounds the turn in which they are opened and sealed. */
const RESEAL_BATCH_ROWS = 2000

export interface ResealTarget {
  readonly database: Database
  /** The key that seals now: values under any other are moved to it. */
  readonly primaryId: number
}

/** What a batch did, and where the next one begins. */
export interface ResealedBatch {
  readonly looked: number
  readonly resealed: number
  readonly next: Uint8Array | undefined
}

/** Seals the next rows of a database anew, those under older keys. */
export type ResealBatch = (from: Uint8Array | undefined) => Promise<ResealedBatch>

/**
 * Batches of a database that commits write to. A commit may overwrite a row between its reading and its re-sealing, and
 * must win. So the keys that commits touch are watched from before the reading on, and in the turn in which the batch gets
 * its sequence, touched rows are left out.
 */
export function committedBatch(
  target: ResealTarget,
  { committer, actor }: { readonly committer: Committer; readonly actor: string | undefined },
): ResealBatch {
  const { database } = target
  return async (from) => {
    const watch = committer.watch(database.name)
    try {
      await committer.settled()
      const { rows, looked, next } = await readBatch(target, from)
      const opened = rows.map(({ key, value }) => ({ key, value: database.unseal(key, value) }))
      let resealed = 0
      const build: CommitBuilder = () => {
        const untouched = opened.filter(({ key }) => !watch.touched(key))
        resealed = untouched.length
        const operations = untouched.map((row) => ({ type: 'put' as const, database: database.name, ...row }))
        return { facts: resealFacts(database.name, resealed, actor), operations }
      }
      if (rows.length > 0) await committer.submit(build, { privileged: true })
      return { looked, resealed, next }
    } finally {
      committer.unwatch(watch)
    }
  }
}

/** Batches of the observer's database, which the journal does not carry: between two of the applier's. */
export function observedBatch(target: ResealTarget, applier: Applier): ResealBatch {
  const { database } = target
  return async (from) =>
    await applier.between(async () => {
      const { rows, looked, next } = await readBatch(target, from)
      const operations = rows.map(({ key, value }) => {
        const sealed = database.seal(key, database.unseal(key, value))
        return { type: 'put' as const, database: database.name, key, sealed }
      })
      await database.apply(operations)
      return { looked, resealed: rows.length, next }
    })
}

async function readBatch(
  { database, primaryId }: ResealTarget,
  from: Uint8Array | undefined,
): Promise<Pick<ResealedBatch, 'looked' | 'next'> & { readonly rows: readonly Row[] }> {
  const rows: Row[] = []
  let bytes = 0
  let looked = 0
  for await (const page of database.sealedPages(from === undefined ? {} : { from })) {
    for (const row of page) {
      looked++
      if (readSealedHeader(row.value).keyId === primaryId) continue
      rows.push(row)
      bytes += row.value.length
      if (bytes >= RESEAL_BATCH_BYTES || rows.length >= RESEAL_BATCH_ROWS) {
        return { rows, looked, next: keyAfter(row.key) }
      }
    }
  }
  return { rows, looked, next: undefined }
}

function resealFacts(scope: string, values: number, actor = 'system'): AuditFacts {
  const context = canonicalJson({ scope, values }, { code: 'INTERNAL', what: 'the facts of a re-sealing' })
  return { actor, action: 'keys.resealed', resourceClass: 'keys', context }
}
