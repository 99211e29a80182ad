import { utf8Decode, utf8Encode, type AuditFacts } from '@forgeone/common'
import { rawKeyProvider, type KeyProvider } from '@forgeone/crypto'
import type { Operation, StoreReader } from '../src/index.ts'

export const DATABASES = ['alpha', 'beta', 'gamma'] as const
export const FACTS: AuditFacts = { actor: 'system', action: 'test.write', resourceClass: 'test' }

export function testProvider(): KeyProvider {
  return rawKeyProvider(new Uint8Array(32).fill(7))
}

export function put(database: string, key: string, value: string): Operation {
  return { type: 'put', database, key: utf8Encode(key), value: utf8Encode(value) }
}

export function remove(database: string, key: string): Operation {
  return { type: 'delete', database, key: utf8Encode(key) }
}

/** Rows of all databases as plain text, `database/key` to value. */
export type Rows = ReadonlyMap<string, string>

export function applyTo(rows: Rows, operations: readonly Operation[]): Rows {
  const next = new Map(rows)
  for (const operation of operations) {
    const place = `${operation.database}/${utf8Decode(operation.key)}`
    if (operation.type === 'put') next.set(place, utf8Decode(operation.value))
    else next.delete(place)
  }
  return next
}

export async function readRows(reader: StoreReader, databases: readonly string[] = DATABASES): Promise<Rows> {
  const rows = new Map<string, string>()
  for (const database of databases) {
    for await (const page of reader.scan(database, {})) {
      for (const { key, value } of page) rows.set(`${database}/${utf8Decode(key)}`, utf8Decode(value))
    }
  }
  return rows
}

export function sortedRows(rows: Rows): readonly (readonly [string, string])[] {
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1))
}
