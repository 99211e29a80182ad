import { deepEqual, equal, rejects } from 'node:assert/strict'
import { isForgeError } from '@forgeone/common'
import { actingAs } from '../commit/acting-as.ts'
import type { CommitOptions, CommitPlace, Operation, Store } from '../port/store.ts'
import { commit, FACTS, hasCode, key, put, read, remove, type WithStore } from './contract-rows.ts'

// What a commit depends on, when it counts, and who stands in it.

const conditional = (
  store: Store,
  expects: NonNullable<CommitOptions['expects']>,
  ...operations: Operation[]
): Promise<CommitPlace> => store.commit(() => ({ facts: FACTS, operations }), { expects })

const refusedAs =
  (database: string, reason: string) =>
  (error: unknown): boolean =>
    isForgeError(error, 'COMMIT_CONFLICT') &&
    error.details['database'] === database &&
    error.details['reason'] === reason

export function committingConditionally(withStore: WithStore): void {
  withStore('a commit whose key nobody touched is written', async (store) => {
    await commit(store, put('alpha', 'k', '1'))
    const since = store.sequence
    await commit(store, put('alpha', 'other', '1'), put('beta', 'k', '1'))
    await conditional(store, [{ database: 'alpha', key: key('k'), since }], put('alpha', 'k', '2'))
    equal(await read(store, 'alpha', 'k'), '2')
  })
  for (const [how, touch] of [
    ['put', put('alpha', 'k', 'theirs')],
    ['deleted', remove('alpha', 'k')],
  ] as const)
    withStore(
      `a commit whose key was ${how} since is COMMIT_CONFLICT, and takes no sequence`,
      async (store) => {
        await commit(store, put('alpha', 'k', '1'))
        const since = store.sequence
        await commit(store, touch)
        let built = 0
        const mine = store.commit(
          () => {
            built++
            return { facts: FACTS, operations: [put('alpha', 'k', 'mine')] }
          },
          { expects: [{ database: 'alpha', key: key('k'), since }] },
        )
        await rejects(mine, refusedAs('alpha', 'changed'))
        equal(built, 0)
        equal((await commit(store)).sequence, since + 2)
      },
    )
  withStore(
    'commits in flight are conflicts too: of two that read the same, one is written',
    async (store) => {
      await commit(store, put('alpha', 'k', '1'))
      const expects = [{ database: 'alpha', key: key('k'), since: store.sequence }]
      const outcomes = await Promise.allSettled([
        conditional(store, expects, put('alpha', 'k', 'first')),
        conditional(store, expects, put('alpha', 'k', 'second')),
      ])
      deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected'],
      )
      equal(await read(store, 'alpha', 'k'), 'first')
    },
  )
  withStore('a range is touched by what appears in it, and by nothing outside of it', async (store) => {
    const range = { from: key('b'), to: key('d') }
    const since = store.sequence
    await commit(store, put('alpha', 'a', '1'), put('alpha', 'd', '1'), put('beta', 'c', '1'))
    await conditional(store, [{ database: 'alpha', range, since }])
    await conditional(store, [{ database: 'alpha', range: { to: key('a') }, since }])
    await rejects(
      conditional(store, [{ database: 'alpha', range: {}, since }]),
      refusedAs('alpha', 'changed'),
    )
    await commit(store, put('alpha', 'c', '1'))
    await rejects(conditional(store, [{ database: 'alpha', range, since }]), refusedAs('alpha', 'changed'))
  })
  withStore('what was read before all that is remembered is refused as too old', async (store) => {
    // Behind the end as well: a place that never was says nothing.
    await rejects(
      conditional(store, [{ database: 'alpha', key: key('k'), since: -1 }]),
      refusedAs('alpha', 'too-old'),
    )
  })
  withStore('a condition on an unknown database is COMMIT_INVALID', async (store) => {
    const expects = [{ database: 'nowhere', key: key('k'), since: store.sequence }]
    await rejects(conditional(store, expects), hasCode('COMMIT_INVALID'))
    const good = { database: 'alpha', key: key('k'), since: store.sequence }
    const odd: readonly unknown[] = [
      null,
      ...[undefined, Number.NaN, Infinity, '0'].map((since) => ({ ...good, since })),
      { ...good, key: undefined },
      { ...good, key: 'k' },
      { database: 'alpha', since: 0, range: null },
      { database: 'alpha', since: 0, range: { from: 'a' } },
      { key: key('k'), since: 0 },
    ]
    for (const each of odd) await rejects(conditional(store, [each as never]), hasCode('COMMIT_INVALID'))
  })
  withStore(
    'read, add one and write with a condition never loses one, however many do so at once',
    async (store) => {
      const add = async (): Promise<void> => {
        for (;;) {
          const since = store.sequence
          const count = Number((await read(store, 'alpha', 'count')) ?? 0)
          try {
            await conditional(
              store,
              [{ database: 'alpha', key: key('count'), since }],
              put('alpha', 'count', String(count + 1)),
            )
            return
          } catch (error) {
            if (!isForgeError(error, 'COMMIT_CONFLICT')) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 12 }, add))
      equal(await read(store, 'alpha', 'count'), '12')
    },
  )
  withStore('onAccepted is called inside the call, and not for a commit that is refused', async (store) => {
    const accepted: number[] = []
    const onAccepted = ({ sequence }: CommitPlace): void => void accepted.push(sequence)
    const written = store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }), {
      onAccepted,
    })
    const [place] = accepted
    const refused = store.commit(() => ({ facts: FACTS, operations: [put('nowhere', 'k', 'v')] }), {
      onAccepted,
    })
    await rejects(refused, hasCode('COMMIT_INVALID'))
    deepEqual([accepted, place], [[(await written).sequence], (await written).sequence])
  })
  withStore('who acts stands in the facts of a commit, unless the store itself does it', async (store) => {
    const acts = (name: string, actor: string): Promise<CommitPlace> =>
      actingAs(name, () =>
        store.commit(() => ({ facts: { ...FACTS, actor }, operations: [put('alpha', 'k', 'v')] })),
      )
    // A name that no facts can bear shows that it was put there.
    await rejects(acts('x'.repeat(65), 'app'), hasCode('COMMIT_INVALID'))
    equal(await read(store, 'alpha', 'k'), undefined)
    await acts('p_1', 'app')
    await acts('x'.repeat(65), 'system')
    equal(await read(store, 'alpha', 'k'), 'v')
  })
}
