// What compiles, and what does not: the first test runs the compiler over this file.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { Forge } from '../src/index.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'

interface OrderCreated {
  id: number
  lines: { sku: string; count?: number | undefined }[]
  note?: string | undefined
}

const COMPILER = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck']
const MODERN = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable,esnext.iterator', '--types', 'node']
const MODULES = ['--module', 'nodenext', '--moduleResolution', 'nodenext', '--allowImportingTsExtensions']

test('this file compiles, but for the lines that say that they do not', () => {
  const options = ['--ignoreConfig', '--noEmit', ...STRICT, ...MODERN, ...MODULES, import.meta.filename]
  const run = (): string => execFileSync(COMPILER, options, { encoding: 'utf8', stdio: 'pipe' })
  expect(run()).toBe('')
})

test('interfaces are stored and come back with the type that the caller knows', async () => {
  await using folder = await temporaryFolder()
  const forge = await Forge.open({ path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 })
  const order: OrderCreated = { id: 7, lines: [{ sku: 'a', count: undefined }], note: undefined }
  const receipt = await forge.events.append({ topic: 'orders', payload: order })
  await forge.events.append([
    { topic: 'orders', payload: order },
    { topic: 'orders', payload: order, metadata: { by: 'test' } },
  ])
  await forge.events.append({ topic: 'bytes', payload: new Uint8Array(3) })
  await forge.events.append({ topic: 'plain', payload: ['text', 1, null, { a: true }] })
  await forge.settings.set('order', order)
  const stored = { id: 7, lines: [{ sku: 'a' }] }
  const found = await forge.events.get<OrderCreated>(receipt.ids[0]!)
  expectTypeOf(found!.payload).toEqualTypeOf<OrderCreated>()
  expect(found!.payload).toEqual(stored)
  for await (const { payload } of forge.events.read<OrderCreated>({ topic: 'orders' })) {
    expectTypeOf(payload).toEqualTypeOf<OrderCreated>()
    expect(payload.lines[0]?.sku).toBe('a')
  }
  const setting = await forge.settings.get<OrderCreated>('order')
  expectTypeOf(setting).toEqualTypeOf<OrderCreated | undefined>()
  expect(setting).toEqual(stored)
  // What JSON cannot express does not compile, and is refused where it was cast away.
  const refused = { code: 'STREAM_VALUE_INVALID' }
  // @ts-expect-error a date
  await expect(forge.events.append({ topic: 'x', payload: { at: new Date() } })).rejects.toMatchObject(
    refused,
  )
  // @ts-expect-error a bigint
  await expect(forge.events.append({ topic: 'x', payload: { n: 1n } })).rejects.toMatchObject(refused)
  // @ts-expect-error a function
  await expect(forge.settings.set('x', { call: () => 1 })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  await forge.close()
})
