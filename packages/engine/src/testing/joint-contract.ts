import { deepEqual, equal } from 'node:assert/strict'
import { isForgeError } from '@forgeone/common'
import {
  VALUE_BYTES_MAX,
  type CommitContent,
  type CommitPlace,
  type Operation,
  type Store,
} from '../port/store.ts'
import { collect, commit, FACTS, long, put, read, type WithStore } from './contract-rows.ts'

/** A call of `jointly` that commits one row; `told` hears of what is done with it. */
function joining(store: Store, operation: Operation, told: (what: string) => void = () => undefined) {
  const build = (): CommitContent => {
    told('built')
    return { facts: FACTS, operations: [operation] }
  }
  return () => store.commit(build, { joins: true, onRefused: () => told('refused') })
}

const codeOf = (outcome: PromiseSettledResult<unknown>): unknown =>
  outcome.status === 'fulfilled' ? 'ok' : isForgeError(outcome.reason) ? outcome.reason.code : outcome.reason

/** Transactions of several commits. */
export function committingJointly(withStore: WithStore): void {
  withStore('commits of a transaction are seen together, in the order of the calls', async (store) => {
    const before = store.sequence
    const calls = ['alpha', 'beta', 'gamma'].map((name, index) => async () => {
      // The later ones come first.
      for (let turn = 0; turn < 5 - index; turn++) await Promise.resolve()
      return await joining(store, put(name, 'k', `${index}`))()
    })
    const watched = store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'other', 'o')] }))
    const outcomes = await store.jointly(calls)
    deepEqual(outcomes.map(codeOf), ['ok', 'ok', 'ok'])
    const places = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? (outcome.value as CommitPlace).sequence : undefined,
    )
    deepEqual(places, [before + 2, before + 3, before + 4])
    equal((await watched).sequence, before + 1)
    deepEqual(await Promise.all(['alpha', 'beta', 'gamma'].map((name) => read(store, name, 'k'))), [
      '0',
      '1',
      '2',
    ])
  })
  withStore(
    'a refused commit of a transaction refuses all of them, and each that was built hears of it',
    async (store) => {
      const before = store.sequence
      const told: string[] = []
      const outcomes = await store.jointly([
        joining(store, put('alpha', 'k', 'v'), (what) => told.push(`first ${what}`)),
        joining(store, put('beta', 'k', 'v'), (what) => told.push(`second ${what}`)),
        joining(store, { type: 'put', database: 'nowhere', key: long(1), value: long(1) }),
        joining(store, put('gamma', 'k', 'v'), (what) => told.push(`last ${what}`)),
      ])
      deepEqual(outcomes.map(codeOf), [
        'COMMIT_ABANDONED',
        'COMMIT_ABANDONED',
        'COMMIT_INVALID',
        'COMMIT_ABANDONED',
      ])
      deepEqual(told, ['first built', 'second built', 'second refused', 'first refused'])
      equal(await read(store, 'alpha', 'k'), undefined)
      equal((await commit(store)).sequence, before + 1)
    },
  )
  withStore(
    'a call that fails before its commit refuses the transaction, and none is built',
    async (store) => {
      const told: string[] = []
      const outcomes = await store.jointly([
        joining(store, put('alpha', 'k', 'v'), (what) => told.push(what)),
        () => Promise.reject(new Error('no')),
      ])
      equal(codeOf(outcomes[0]!), 'COMMIT_ABANDONED')
      equal(outcomes[1]!.status === 'rejected' && (outcomes[1]!.reason as Error).message, 'no')
      deepEqual(told, [])
      equal(await read(store, 'alpha', 'k'), undefined)
    },
  )
  withStore('what a call commits beside its part is a commit of its own', async (store) => {
    const outcomes = await store.jointly([
      async () => {
        await commit(store, put('alpha', 'own', 'v'))
        await joining(store, put('alpha', 'joint', 'v'))()
        await joining(store, put('alpha', 'late', 'v'))()
      },
      () => Promise.resolve('no commit'),
    ])
    deepEqual(outcomes.map(codeOf), ['ok', 'ok'])
    deepEqual(await collect(store.scan('alpha', {})), ['joint=v', 'late=v', 'own=v'])
    deepEqual(await store.jointly([]), [])
  })
  withStore('many transactions side by side, and commits between them, each settle', async (store) => {
    const both = Array.from({ length: 40 }, (_, n) => [
      store.jointly([joining(store, put('alpha', `${n}`, 'a')), joining(store, put('beta', `${n}`, 'b'))]),
      commit(store, put('gamma', `${n}`, 'c')),
    ])
    await Promise.all(both.flat())
    for (const name of ['alpha', 'beta', 'gamma']) equal((await collect(store.scan(name, {}))).length, 40)
  })
  withStore('a transaction larger than a commit may be is COMMIT_INVALID', async (store) => {
    const value = long(VALUE_BYTES_MAX)
    const calls = Array.from({ length: 16 }, (_, n) =>
      joining(store, { type: 'put', database: 'alpha', key: Uint8Array.of(1, n), value }),
    )
    deepEqual(new Set((await store.jointly(calls)).map(codeOf)), new Set(['COMMIT_INVALID']))
    deepEqual(await collect(store.scan('alpha', {})), [])
  })
}
