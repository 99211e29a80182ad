// Odd values in the calls of a transaction, which are checked when they are made.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Forge, type Transaction } from '../src/index.ts'
import { ofTier } from './attack/tier.ts'
import { ODD_VALUES } from './odd-values.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

/** Of the odd values, each place meets every so many-th. */
const EVERY = ofTier({ short: 12, long: 1 })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let forge: Forge

beforeAll(async () => {
  folder = await temporaryFolder()
  forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 2 })
})
afterAll(async () => {
  await forge.close()
  await folder[Symbol.asyncDispose]()
})

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error
}

const GOOD_CALLS: Record<string, readonly [(tx: Transaction) => (...args: never[]) => void, unknown[]]> = {
  'logs.append': [
    (tx) => tx.logs.append,
    [{ topic: 'a', message: 'x', metadata: {} }, { expectedVersion: 'any' }],
  ],
  'events.append': [(tx) => tx.events.append, [[{ topic: 'a', payload: 1 }], { expectedVersion: new Map() }]],
  'settings.set': [(tx) => tx.settings.set, ['name', { a: [1] }, { expectedVersion: 0 }]],
  'flags.set': [(tx) => tx.flags.set, ['name', { enabled: true, percent: 50 }]],
  'vault.set': [(tx) => tx.vault.set, ['a/b', 'x', { cas: 0, ttlMs: 1000 }]],
}

test.each(Object.keys(GOOD_CALLS))(
  '%s with an odd value in any place writes all or nothing',
  async (name) => {
    const [method, good] = GOOD_CALLS[name]!
    const places = good.flatMap((argument, at) => [
      [at],
      ...(isPlain(argument) ? Object.keys(argument).map((member) => [at, member]) : []),
    ])
    for (const [number, [at, member]] of places.entries())
      for (const [index, [odd, make]] of Object.entries(ODD_VALUES).entries()) {
        if ((index + number) % EVERY !== 0) continue
        const value = member === undefined ? make() : { ...(good[at as number] as object), [member]: make() }
        const args = good.with(at as number, value) as never[]
        const before = (await forge.settings.describe('beside'))?.version ?? 0
        const outcome = await forge
          .transaction((tx) => {
            method(tx)(...args)
            tx.settings.set('beside', 1)
          })
          .then(() => 1, codeOf)
        const where = `${name} ${at} ${member}: ${odd}`
        const { version = 0 } = (await forge.settings.describe('beside')) ?? {}
        expect([where, version - before]).toEqual([where, outcome === 1 ? 1 : 0])
        if (outcome !== 1)
          expect([where, outcome]).toEqual([where, expect.stringMatching(/^(?!INTERNAL)[A-Z_]+$/)])
      }
    expect(await forge.verify()).toMatchObject({ ok: true })
    expect(forge.health().state).toBe('healthy')
  },
)
