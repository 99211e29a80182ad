import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { utf8Decode } from '@forgeone/common'
import {
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
  type CommitContent,
  type Operation,
  type Store,
} from '../port/store.ts'
import {
  collect,
  commit,
  FACTS,
  hasCode,
  key,
  long,
  put,
  read,
  remove,
  type WithStore,
} from './contract-rows.ts'
import { committingConditionally } from './conditions-contract.ts'
import { committingJointly } from './joint-contract.ts'

const PAGED_ROWS = 2_500

/** The functions of a test runner that the suite uses; vitest and `node:test` both fit. */
export interface TestFunctions {
  readonly describe: (name: string, body: () => void) => void
  readonly test: (name: string, body: () => Promise<void>) => void
}

/** Databases that every store under test must have. */
export const CONTRACT_DATABASES: readonly string[] = ['alpha', 'beta', 'gamma']

/** Makes a new, empty store for one test; the suite closes it. */
export type CreateStore = () => Promise<Store>

/** What a store may leave out; the tests of it are left out too, which the name of the suite says. */
export interface StoreSupports {
  readonly synchronousReads: boolean
}

/** What every `Store` must do, as tests of the runner given. */
export function runStoreContract(
  { describe, test }: TestFunctions,
  name: string,
  create: CreateStore,
  supports: StoreSupports = { synchronousReads: true },
): void {
  const withStore = (title: string, body: (store: Store) => Promise<void>): void =>
    test(title, async () => {
      await using store = await create()
      await body(store)
    })
  const leftOut = supports.synchronousReads ? '' : ' but for synchronous reads, which it has not'
  describe(`${name} keeps the contract of Store${leftOut}`, () => {
    writing(withStore)
    refusing(withStore)
    reading(withStore)
    scanningWhileWriting(withStore)
    committingJointly(withStore)
    committingConditionally(withStore)
    closing(withStore)
    if (supports.synchronousReads) readingSynchronously(withStore)
    else
      withStore('it offers no synchronous reads', async (store) => equal(store.synchronousReads, undefined))
  })
}

function writing(withStore: WithStore): void {
  withStore('a commit over several databases is seen whole', async (store) => {
    await commit(store, put('alpha', 'k', '1'), put('beta', 'k', '2'), put('gamma', 'k', '3'))
    deepEqual(
      [await read(store, 'alpha', 'k'), await read(store, 'beta', 'k'), await read(store, 'gamma', 'k')],
      ['1', '2', '3'],
    )
  })
  withStore('operations of one commit apply in order', async (store) => {
    await commit(
      store,
      put('alpha', 'k', 'old'),
      remove('alpha', 'k'),
      put('alpha', 'k', 'new'),
      put('alpha', 'x', 'y'),
      remove('alpha', 'x'),
    )
    deepEqual([await read(store, 'alpha', 'k'), await read(store, 'alpha', 'x')], ['new', undefined])
  })
  withStore(
    'sequences follow the order of the calls, without a gap, and times never go back',
    async (store) => {
      const before = store.sequence
      const places = await Promise.all(
        Array.from({ length: 100 }, (_, index) => commit(store, put('alpha', 'k', String(index)))),
      )
      deepEqual(
        places.map(({ sequence }) => sequence),
        places.map((_, index) => before + 1 + index),
      )
      for (const [index, place] of places.entries()) ok(index === 0 || place.time >= places[index - 1]!.time)
      equal(await read(store, 'alpha', 'k'), '99')
      equal(store.sequence, before + 100)
    },
  )
  withStore('build runs inside the call and gets the place that the promise gives', async (store) => {
    let built = -1
    const promise = store.commit((place) => {
      built = place.sequence
      return { facts: FACTS, operations: [] }
    })
    ok(built > 0)
    equal((await promise).sequence, built)
  })
  withStore('a settled commit is seen by every kind of read', async (store) => {
    for (let index = 0; index < 20; index++) {
      await commit(store, put('alpha', 'k', String(index)))
      equal(await read(store, 'alpha', 'k'), String(index))
      deepEqual(await collect(store.scan('alpha', {})), [`k=${index}`])
    }
  })
  withStore('what is read from onVisible on sees the rows of the commit', async (store) => {
    let seen: Promise<string | undefined> | undefined
    const { sequence } = await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }), {
      onVisible: (place) => {
        seen = read(store, 'alpha', 'k')
        equal(place.sequence, store.sequence)
      },
    })
    equal(await seen, 'v')
    equal(sequence, store.sequence)
  })
  withStore('reclaim leaves every row as it was', async (store) => {
    await commit(store, ...['a', 'b', 'c'].map((name) => put('alpha', name, name)))
    await commit(store, remove('alpha', 'b'))
    await store.reclaim('alpha', { from: key('a'), to: key('z') })
    deepEqual(await collect(store.scan('alpha', {})), ['a=a', 'c=c'])
  })
  withStore('both durabilities are acknowledged and keep one order', async (store) => {
    const relaxed = store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'relaxed')] }), {
      durability: 'relaxed',
    })
    const sync = store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'sync')] }), {
      durability: 'sync',
    })
    ok((await relaxed).sequence < (await sync).sequence)
    equal(await read(store, 'alpha', 'k'), 'sync')
    await store.commit(() => ({ facts: FACTS, operations: [put('beta', 'k', 'relaxed')] }), {
      durability: 'relaxed',
    })
    deepEqual(await collect(store.scan('beta', {})), ['k=relaxed'])
  })
}

function refusing(withStore: WithStore): void {
  withStore('what build throws refuses the commit and takes no sequence', async (store) => {
    const before = store.sequence
    const failure = new Error('no')
    await rejects(
      store.commit(() => {
        throw failure
      }),
      (error) => error === failure,
    )
    equal((await commit(store, put('alpha', 'k', 'v'))).sequence, before + 1)
  })
  const refused: readonly (readonly [string, Operation])[] = [
    ['an empty key', { type: 'put', database: 'alpha', key: long(0), value: long(1) }],
    [
      'a key above the limit',
      { type: 'put', database: 'alpha', key: long(KEY_BYTES_MAX + 1), value: long(1) },
    ],
    ['an empty key to delete', { type: 'delete', database: 'alpha', key: long(0) }],
    [
      'a value above the limit',
      { type: 'put', database: 'alpha', key: long(1), value: long(VALUE_BYTES_MAX + 1) },
    ],
    ['an unknown database', { type: 'put', database: 'nowhere', key: long(1), value: long(1) }],
  ]
  for (const [what, operation] of refused) {
    withStore(`${what} is COMMIT_INVALID, and nothing of the commit is applied`, async (store) => {
      const before = store.sequence
      await rejects(commit(store, put('alpha', 'k', 'v'), operation), hasCode('COMMIT_INVALID'))
      equal(await read(store, 'alpha', 'k'), undefined)
      equal((await commit(store)).sequence, before + 1)
    })
  }
  withStore('facts that break a limit are COMMIT_INVALID', async (store) => {
    for (const facts of [
      { ...FACTS, action: 'nodot' },
      { ...FACTS, actor: '' },
      { ...FACTS, actor: 'half \ud800' },
      { ...FACTS, context: 'x'.repeat(2049) },
    ]) {
      await rejects(
        store.commit(() => ({ facts, operations: [] })),
        hasCode('COMMIT_INVALID'),
      )
    }
  })
  withStore('the longest key and the largest value are kept', async (store) => {
    const [longest, largest] = [long(KEY_BYTES_MAX), long(VALUE_BYTES_MAX)]
    await store.commit(() => ({
      facts: FACTS,
      operations: [{ type: 'put', database: 'alpha', key: longest, value: largest }],
    }))
    deepEqual(await store.get('alpha', longest), largest)
  })
}

function reading(withStore: WithStore): void {
  withStore('an absent key is undefined, an empty value is not', async (store) => {
    await commit(store, put('alpha', 'k', ''))
    equal(await store.get('beta', key('k')), undefined)
    equal((await store.get('alpha', key('k')))?.length, 0)
    const values = await store.getMany('alpha', [key('x'), key('k'), key('x')])
    deepEqual(
      values.map((value) => value?.length),
      [undefined, 0, undefined],
    )
  })
  withStore('reads of an unknown database are COMMIT_INVALID', async (store) => {
    await rejects(store.get('nowhere', key('k')), hasCode('COMMIT_INVALID'))
    await rejects(collect(store.scan('nowhere', {})), hasCode('COMMIT_INVALID'))
  })
  withStore(
    'a scan gives its range in order, in both directions, up to the limit, and keys alone',
    async (store) => {
      await commit(store, ...['d', 'a', 'c', 'b'].map((name) => put('alpha', name, name.toUpperCase())))
      const range = { from: key('b'), to: key('d') }
      deepEqual(await collect(store.scan('alpha', {})), ['a=A', 'b=B', 'c=C', 'd=D'])
      deepEqual(await collect(store.scan('alpha', range)), ['b=B', 'c=C'])
      deepEqual(await collect(store.scan('alpha', range, { reverse: true })), ['c=C', 'b=B'])
      deepEqual(await collect(store.scan('alpha', {}, { reverse: true, limit: 3 })), ['d=D', 'c=C', 'b=B'])
      deepEqual(await collect(store.scan('alpha', {}, { limit: 1, keysOnly: true })), ['a='])
      deepEqual(await collect(store.scan('alpha', { from: key('x') })), [])
      deepEqual(await collect(store.scan('alpha', { from: key('c'), to: key('a') })), [])
      deepEqual(await collect(store.scan('alpha', {}, { limit: 0 })), [])
    },
  )
  withStore('a scan over many rows comes in pages and misses none', async (store) => {
    const names = Array.from({ length: PAGED_ROWS }, (_, index) => String(index).padStart(6, '0'))
    await commit(store, ...names.map((name) => put('alpha', name, name)))
    let pages = 0
    const seen: string[] = []
    for await (const page of store.scan('alpha', {})) {
      pages++
      seen.push(...page.map((row) => utf8Decode(row.key)))
    }
    deepEqual(seen, names)
    ok(pages > 1)
    deepEqual((await collect(store.scan('alpha', {}, { reverse: true }))).length, PAGED_ROWS)
  })
}

function scanningWhileWriting(withStore: WithStore): void {
  const names = Array.from({ length: PAGED_ROWS }, (_, index) => String(index).padStart(6, '0'))
  for (const reverse of [false, true]) {
    const direction = reverse ? 'backward' : 'forward'
    withStore(`a ${direction} scan gives each row once while the rows are overwritten`, async (store) => {
      await commit(store, ...names.map((name) => put('alpha', name, 'before')))
      const seen: string[] = []
      for await (const page of store.scan('alpha', {}, { reverse })) {
        seen.push(...page.map((row) => utf8Decode(row.key)))
        await commit(store, ...names.map((name) => put('alpha', name, `after ${seen.length}`)))
        equal(await read(store, 'alpha', names[0]!), `after ${seen.length}`)
      }
      deepEqual(seen, reverse ? names.toReversed() : names)
    })
  }
  withStore('a scan gives rows that are never deleted while others come and go', async (store) => {
    await commit(store, ...names.map((name) => put('alpha', name, 'v')))
    let seen = 0
    for await (const page of store.scan('alpha', {})) {
      seen += page.filter((row) => row.key.length === names[0]!.length).length
      const last = utf8Decode(page.at(-1)!.key)
      await commit(store, put('alpha', `${last}.new`, 'v'), remove('alpha', last))
      equal(await read(store, 'alpha', last), undefined)
    }
    equal(seen, PAGED_ROWS)
  })
  withStore('many scans and reads at once neither stop commits nor are stopped by them', async (store) => {
    await commit(store, ...names.map((name) => put('alpha', name, 'v')))
    const scans = Array.from({ length: 8 }, () => collect(store.scan('alpha', {})))
    const reads = Array.from({ length: 50 }, () => store.getMany('alpha', names.slice(0, 100).map(key)))
    const writes = Array.from({ length: 100 }, (_, index) => commit(store, put('alpha', names[index]!, 'w')))
    await Promise.all(writes)
    for (const rows of await Promise.all(scans)) equal(rows.length, PAGED_ROWS)
    for (const values of await Promise.all(reads)) equal(values.filter(Boolean).length, 100)
    equal(await read(store, 'alpha', names[99]!), 'w')
  })
}

function readNow(store: Store, name: string): string | undefined {
  const value = store.synchronousReads!.getSync('alpha', key(name))
  return value === undefined ? undefined : utf8Decode(value)
}

function readingSynchronously(withStore: WithStore): void {
  withStore('a settled commit is seen by a synchronous read', async (store) => {
    for (let index = 0; index < 20; index++) {
      await commit(store, put('alpha', 'k', String(index)))
      equal(readNow(store, 'k'), String(index))
    }
    equal(readNow(store, 'absent'), undefined)
  })
  withStore('onVisible is called in the turn in which the rows become visible', async (store) => {
    const seen: (string | undefined)[] = []
    const build = (): CommitContent => {
      seen.push(readNow(store, 'k'))
      return { facts: FACTS, operations: [put('alpha', 'k', 'v')] }
    }
    await store.commit(build, { onVisible: () => void seen.push(readNow(store, 'k')) })
    deepEqual(seen, [undefined, 'v'])
  })
  withStore('a synchronous read refuses what the others do', async (store) => {
    const getSync = (name: string): unknown => store.synchronousReads!.getSync(name, key('k'))
    throws(() => getSync('nowhere'), hasCode('COMMIT_INVALID'))
    await store.close()
    throws(() => getSync('alpha'), hasCode('STORE_CLOSED'))
  })
}

function closing(withStore: WithStore): void {
  withStore('close waits for commits of the same turn, and may be repeated', async (store) => {
    const pending = commit(store, put('alpha', 'k', 'v'))
    await Promise.all([store.close(), store.close()])
    await pending
    await store.close()
  })
  withStore('a closed store refuses everything with STORE_CLOSED', async (store) => {
    await commit(store, put('alpha', 'k', 'v'))
    await store.close()
    await rejects(commit(store, put('alpha', 'k', 'w')), hasCode('STORE_CLOSED'))
    await rejects(store.get('alpha', key('k')), hasCode('STORE_CLOSED'))
    await rejects(store.getMany('alpha', [key('k')]), hasCode('STORE_CLOSED'))
    await rejects(collect(store.scan('alpha', {})), hasCode('STORE_CLOSED'))
  })
  withStore('subkeys are 32 bytes, stable, of the caller, and differ by label', async (store) => {
    const key = store.subkey({ purpose: 'chunk-id', label: 'a' })
    const before = [...key]
    equal(key.length, 32)
    key.fill(0)
    deepEqual([...store.subkey({ purpose: 'chunk-id', label: 'a' })], before)
    ok(Buffer.compare(store.subkey({ purpose: 'chunk-id', label: 'b' }), Uint8Array.from(before)) !== 0)
    throws(() => store.subkey({ purpose: 'chunk-id', label: '' }))
  })
  withStore('keyed hashes are 16 bytes, stable, and differ by purpose and value', async (store) => {
    const hash = store.keyedHash({ purpose: 'topic', label: 'name', value: key('a') })
    equal(hash.length, 16)
    deepEqual(store.keyedHash({ purpose: 'topic', label: 'name', value: key('a') }), hash)
    for (const [purpose, label, value] of [
      ['blind', 'name', 'a'],
      ['topic', 'name', 'b'],
      ['topic', 'nam', 'ea'],
      ['topic', 'namea', ''],
    ] as const)
      ok(Buffer.compare(store.keyedHash({ purpose, label, value: key(value) }), hash) !== 0)
  })
}
