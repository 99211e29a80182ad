import { isForgeError, utf8Decode, utf8Encode, type AuditFacts } from '@forgeone/common'
import type { Operation, Row, Store } from '../port/store.ts'

// What the tests of the contract write and read with.

/** A test that is given a new, empty store. */
export type WithStore = (title: string, body: (store: Store) => Promise<void>) => void

export const FACTS: AuditFacts = { actor: 'system', action: 'test.write', resourceClass: 'test' }
export const key: (text: string) => Uint8Array = utf8Encode
export const put = (database: string, name: string, value: string): Operation => {
  return { type: 'put', database, key: utf8Encode(name), value: utf8Encode(value) }
}
export const remove = (database: string, name: string): Operation => ({
  type: 'delete',
  database,
  key: utf8Encode(name),
})
export const commit = (store: Store, ...operations: Operation[]): ReturnType<Store['commit']> =>
  store.commit(() => ({ facts: FACTS, operations }))
export const hasCode =
  (...codes: Parameters<typeof isForgeError>[1][]) =>
  (error: unknown): boolean =>
    isForgeError(error, ...codes)

export const long = (length: number): Uint8Array => new Uint8Array(length).fill(1)

export async function read(
  store: Pick<Store, 'get'>,
  database: string,
  name: string,
): Promise<string | undefined> {
  const value = await store.get(database, utf8Encode(name))
  return value === undefined ? undefined : utf8Decode(value)
}

export async function collect(pages: AsyncIterable<readonly Row[]>): Promise<string[]> {
  const rows: string[] = []
  for await (const page of pages)
    rows.push(...page.map((row) => `${utf8Decode(row.key)}=${utf8Decode(row.value)}`))
  return rows
}
