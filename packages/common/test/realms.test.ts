import { readFile } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import {
  ForgeError,
  isAbortSignal,
  isBytes,
  isDateObject,
  isError,
  isForgeError,
  isMapObject,
  isPlainObject,
  isPromise,
  systemCode,
} from '../src/index.ts'

const here = (text: string): unknown => Function(`return (${text})`)()
const there = (text: string): unknown => runInNewContext(`(${text})`)
const revoked = ((): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
})()

const KINDS: readonly (readonly [(value: never) => boolean, string])[] = [
  [isError, 'new RangeError("x")'],
  [isBytes, 'new Uint8Array(2)'],
  [isDateObject, 'new Date(0)'],
  [isMapObject, 'new Map()'],
  [isPromise, '(async () => {})()'],
]
const OTHERS = [
  '1',
  '"text"',
  'null',
  'undefined',
  '[]',
  '() => 1',
  'new Uint16Array(2)',
  'new Set()',
  '({ then() {} })',
]

test.each(KINDS)('%o tells what a value is in any realm', (is, text) => {
  for (const realm of [here, there]) {
    expect(is(realm(text) as never)).toBe(true)
    for (const other of [...OTHERS, ...KINDS.map(([, one]) => one).filter((one) => one !== text)])
      expect(is(realm(other) as never), other).toBe(false)
  }
  expect(is(revoked as never)).toBe(false)
})

test('plain objects are those of no class, in any realm', () => {
  for (const realm of [here, there]) {
    for (const text of ['{}', '{ a: 1 }', 'Object.create(null)', 'JSON.parse("{}")'])
      expect(isPlainObject(realm(text) as object), text).toBe(true)
    for (const text of ['new (class A {})()', 'new Date(0)', 'new Map()', 'Object.create({})'])
      expect(isPlainObject(realm(text) as object), text).toBe(false)
  }
})

test('errors of the system have their code, others none', async () => {
  const missing: unknown = await readFile('/nothing/is/here').catch((cause: unknown) => cause)
  expect(systemCode(missing)).toBe('ENOENT')
  expect(systemCode(there('Object.assign(new Error("x"), { code: "EACCES" })'))).toBe('EACCES')
  for (const other of [undefined, null, 'ENOENT', { code: 'ENOENT' }, new Error('x'), revoked])
    expect(systemCode(other)).toBeUndefined()
  expect(isError(AbortSignal.abort().reason)).toBe(true)
  expect(isAbortSignal(new AbortController().signal)).toBe(true)
  expect(isAbortSignal({ aborted: false })).toBe(false)
})

test('an error of another copy of the package is one of ours', async () => {
  vi.resetModules()
  const copy = await import('../src/forge-error.ts')
  expect(copy.ForgeError).not.toBe(ForgeError)
  const error = new copy.ForgeError('STORE_CLOSED', 'closed')
  expect(isForgeError(error, 'STORE_CLOSED')).toBe(true)
  expect(isForgeError(error, 'STORE_LOCKED')).toBe(false)
  expect(error instanceof ForgeError).toBe(true)
  for (const other of [new Error('x'), { code: 'STORE_CLOSED' }, null, undefined, 1, revoked]) {
    expect(isForgeError(other)).toBe(false)
    expect(other instanceof ForgeError).toBe(false)
  }
  expect(Object.keys(error)).not.toContain('Symbol(@forgeone/common ForgeError)')
})
