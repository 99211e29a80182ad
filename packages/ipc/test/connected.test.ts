// What a face is on the other side: the first test runs the compiler over this file.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import type { Connected } from '../src/index.ts'

const COMPILER = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck']
const MODERN = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable,esnext.iterator', '--types', 'node']
const MODULES = ['--module', 'nodenext', '--moduleResolution', 'nodenext', '--allowImportingTsExtensions']

test('this file compiles, but for the lines that say that they do not', () => {
  const options = ['--ignoreConfig', '--noEmit', ...STRICT, ...MODERN, ...MODULES, import.meta.filename]
  const run = (): string => execFileSync(COMPILER, options, { encoding: 'utf8', stdio: 'pipe' })
  expect(run()).toBe('')
})

interface Entry {
  readonly id: string
}

interface Results<Item> extends AsyncIterable<Item> {
  batches(): AsyncIterable<readonly Item[]>
  toArray(): Promise<Item[]>
}

interface Searched extends Results<Entry> {
  explain(): { readonly blocks: number }
}

interface Subscription extends AsyncIterable<Entry> {
  readonly ready: Promise<void>
  readonly maxInFlight: number
  nextBatch(max: number): Promise<readonly Entry[]>
  pause(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface Face {
  readonly size: number
  readonly keys: readonly string[]
  readonly made: Date
  readonly leases: { create(path: string): Promise<string>; count(): number }
  topics(pattern?: string): readonly string[]
  get<Value = Entry>(id: string): Promise<Value | undefined>
  read<Item = Entry>(options?: { readonly topic?: string }): Results<Item>
  search(query: string): Searched
  tail(): AsyncGenerator<Entry, void, undefined>
  subscribe(options: object, handler?: (entry: Entry) => unknown): Subscription
  open(): Promise<Subscription>
  transaction(callback: (tx: { set(value: number): void }) => void | Promise<void>): Promise<number>
}

type There = Connected<Face>

test('what is given at once is a promise', () => {
  expectTypeOf<There['topics']>().toEqualTypeOf<(pattern?: string) => Promise<readonly string[]>>()
  // @ts-expect-error -- it has to be waited for
  expectTypeOf<There['size']>().toEqualTypeOf<number>()
  expectTypeOf<There['size']>().toEqualTypeOf<Promise<number>>()
  expectTypeOf<There['keys']>().toEqualTypeOf<Promise<readonly string[]>>()
  expectTypeOf<There['made']>().toEqualTypeOf<Promise<Date>>()
})

test('what is a promise is the same, type parameters included', () => {
  expectTypeOf<There['get']>().toEqualTypeOf<Face['get']>()
  expectTypeOf<There['read']>().toEqualTypeOf<Face['read']>()
  expectTypeOf<There['transaction']>().toEqualTypeOf<Face['transaction']>()
})

test('iterables are iterables, with promises of what they say of themselves', () => {
  expectTypeOf<There['tail']>().toEqualTypeOf<Face['tail']>()
  expectTypeOf<ReturnType<There['search']>>().toExtend<AsyncIterable<Entry>>()
  expectTypeOf<ReturnType<There['search']>['explain']>().toEqualTypeOf<
    () => Promise<{ readonly blocks: number }>
  >()
  expectTypeOf<ReturnType<There['search']>['toArray']>().toEqualTypeOf<() => Promise<Entry[]>>()
})

test('what lives on is a promise of the like', () => {
  type Held = Awaited<ReturnType<There['subscribe']>>
  expectTypeOf<Held['ready']>().toEqualTypeOf<Promise<void>>()
  expectTypeOf<Held['pause']>().toEqualTypeOf<() => Promise<void>>()
  expectTypeOf<Held['nextBatch']>().toEqualTypeOf<Subscription['nextBatch']>()
  expectTypeOf<Held>().toExtend<AsyncIterable<Entry>>()
  expectTypeOf<Awaited<ReturnType<There['open']>>>().toEqualTypeOf<Held>()
})

test('parts are the same all the way down', () => {
  expectTypeOf<There['leases']['create']>().toEqualTypeOf<Face['leases']['create']>()
  expectTypeOf<There['leases']['count']>().toEqualTypeOf<() => Promise<number>>()
})
