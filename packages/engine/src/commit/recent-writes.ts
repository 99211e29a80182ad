import { asBuffer, ForgeError } from '@forgeone/common'
import type { Expectation, Operation } from '../port/store.ts'

/** Keys remembered of each database: enough for what is read and written back within seconds, and a few MiB for a busy store. */
export const KEYS_REMEMBERED_MAX = 4096

interface DatabaseWrites {
  /** Keys by the last commit that touched them, the latest last; in latin1, whose order is that of the bytes. */
  readonly keys: Map<string, number>
  /** The last commit that touched a key which is remembered no more. */
  forgottenTo: number
}

/** Which keys recent commits touched, those in flight included, so that what was read before can be made a condition. */
export class RecentWrites {
  readonly #databases = new Map<string, DatabaseWrites>()
  readonly #startSequence: number

  /** @param startSequence the last commit before: of those up to it nothing is remembered */
  constructor(startSequence: number) {
    this.#startSequence = startSequence
  }

  /** Told of every commit in the turn in which it gets its sequence. */
  note(sequence: number, operations: readonly Pick<Operation, 'database' | 'key'>[]): void {
    for (const { database, key } of operations) {
      let writes = this.#databases.get(database)
      if (writes === undefined) {
        writes = { keys: new Map(), forgottenTo: this.#startSequence }
        this.#databases.set(database, writes)
      }
      const { keys } = writes
      const name = nameOf(key)
      // Behind all others: the map is in the order of the last writes.
      keys.delete(name)
      keys.set(name, sequence)
      if (keys.size <= KEYS_REMEMBERED_MAX) continue
      const [oldest] = keys
      keys.delete(oldest![0])
      writes.forgottenTo = oldest![1]
    }
  }

  /** @throws COMMIT_CONFLICT, whose details tell the database and the reason: `changed`, or `too-old` when nobody knows */
  assertUntouched(expectation: Expectation): void {
    const { database, since } = expectation
    const writes = this.#databases.get(database)
    if (since < (writes?.forgottenTo ?? this.#startSequence)) throw conflict(database, 'too-old')
    if (writes !== undefined && isTouched(writes.keys, expectation)) throw conflict(database, 'changed')
  }
}

function isTouched(keys: ReadonlyMap<string, number>, expectation: Expectation): boolean {
  const { since } = expectation
  if ('key' in expectation) return (keys.get(nameOf(expectation.key)) ?? -1) > since
  const { from, to } = expectation.range
  const first = from === undefined ? '' : nameOf(from)
  const end = to === undefined ? undefined : nameOf(to)
  for (const [name, sequence] of keys)
    if (sequence > since && name >= first && (end === undefined || name < end)) return true
  return false
}

function conflict(database: string, reason: 'changed' | 'too-old'): ForgeError {
  const why = reason === 'changed' ? 'was changed since it was read' : 'was read too long ago to tell'
  return new ForgeError('COMMIT_CONFLICT', `what a commit depends on in ${database} ${why}`, {
    details: { database, reason },
  })
}

function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}
