import { expect, test } from 'vitest'
import type { JournalRecord } from '../src/journal/journal-reader.ts'
import { ExpectedState } from '../src/state/expected-state.ts'
import { stateContent, stateRecordOf } from '../src/state/state-record.ts'
import { FACTS } from './model.ts'

const ROOT = new Uint8Array(32).fill(0x5e)

function written(sequence: number, database: string, keyspace: number): JournalRecord {
  const operation = { type: 'delete', database, key: Uint8Array.of(keyspace, 1) } as const
  return record(sequence, { facts: FACTS, operations: [operation] })
}

function described(sequence: number, about: number, ...databases: string[]): JournalRecord {
  const state = {
    sequence: about,
    scopes: databases.map((database) => ({ database, root: ROOT, without: [32] })),
    observer: undefined,
  }
  return record(sequence, { ...stateContent('store.flushed', state), operations: [] })
}

function record(
  sequence: number,
  { facts, detail, operations }: Pick<JournalRecord['record'], 'facts' | 'operations' | 'detail'>,
): JournalRecord {
  return {
    sequence,
    record: { time: 0, facts, operations, nonce: undefined, detail },
    digest: new Uint8Array(32),
  }
}

function known(...records: readonly JournalRecord[]): readonly string[] {
  const expected = new ExpectedState()
  expected.add(records)
  return expected.scopes.map(({ database }) => database)
}

test('rows are known that no commit behind their description has written, in whatever order the two lie', () => {
  expect(known(described(5, 4, 'a', 'b'))).toEqual(['a', 'b'])
  expect(known(written(4, 'a', 1), described(5, 4, 'a', 'b'))).toEqual(['a', 'b'])
  expect(known(written(5, 'a', 1), described(6, 4, 'a', 'b'))).toEqual(['b'])
  expect(known(described(5, 4, 'a', 'b'), written(6, 'b', 1))).toEqual(['a'])
  expect(known(described(5, 4, 'a', 'b'), written(6, 'b', 32), written(7, 'c', 1))).toEqual(['a', 'b'])
})

test('a newer description takes the place of an older one, and leaves alone what it says nothing about', () => {
  expect(known(described(5, 4, 'a', 'b'), written(6, 'a', 1), described(7, 6, 'a'))).toEqual(['a', 'b'])
})

test('nothing is known when commits behind the description have left the journal', () => {
  expect(known(written(6, 'c', 1), described(7, 4, 'a'))).toEqual([])
  expect(known(written(5, 'c', 1), described(7, 4, 'a'))).toEqual(['a'])
  expect(known()).toEqual([])
})

test('a commit that only looks like a description is none', () => {
  const scope = { database: 'a', part: 'groups', without: [], only: [0x60], ends: [0x20], root: ROOT }
  const observer = { database: 'audit', size: 5, lastNote: Uint8Array.of(0x63, 1) }
  const { facts, detail } = stateContent('store.closed', { sequence: 4, scopes: [scope], observer })
  expect(stateRecordOf({ facts, detail })).toEqual({ sequence: 4, scopes: [scope], observer })
  expect(stateRecordOf({ facts: { ...facts, actor: 'app' }, detail })).toBeUndefined()
  expect(stateRecordOf({ facts: { ...facts, action: 'store.created' }, detail })).toBeUndefined()
  expect(stateRecordOf({ facts: { ...facts, context: '{"suite":"none"}' }, detail })).toBeUndefined()
  expect(stateRecordOf({ facts })).toBeUndefined()
  expect(stateRecordOf({ facts, detail: Uint8Array.of(...detail!, 0) })).toBeUndefined()
  expect(stateRecordOf(stateContent('store.closed', undefined))).toBeUndefined()
})

function contextBytes(count: number): number {
  const scopes = Array.from({ length: count }, (_, index) => ({ database: `shard_${index}`, root: ROOT }))
  return stateContent('store.flushed', { sequence: 7, scopes, observer: undefined }).facts.context!.length
}

test('the facts of a description have one size, however many databases there are', () => {
  expect(contextBytes(999) - contextBytes(100)).toBe(0)
})
