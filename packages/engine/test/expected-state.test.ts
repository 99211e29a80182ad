import { expect, test } from 'vitest'
import type { JournalRecord } from '../src/journal/journal-reader.ts'
import { ExpectedState } from '../src/state/expected-state.ts'
import { stateFacts, stateRecordOf } from '../src/state/state-record.ts'
import { FACTS } from './model.ts'

const ROOT = '5e'.repeat(32)

function written(sequence: number, database: string, keyspace: number): JournalRecord {
  const operation = { type: 'delete', database, key: Uint8Array.of(keyspace, 1) } as const
  return record(sequence, { facts: FACTS, operations: [operation] })
}

function described(sequence: number, about: number, ...databases: string[]): JournalRecord {
  const state = {
    sequence: about,
    databases: databases.map((database) => ({ database, root: ROOT, without: [32] })),
  }
  return record(sequence, { facts: stateFacts('store.flushed', state), operations: [] })
}

function record(
  sequence: number,
  { facts, operations }: Pick<JournalRecord['record'], 'facts' | 'operations'>,
): JournalRecord {
  return { sequence, record: { time: 0, facts, operations, nonce: undefined }, digest: new Uint8Array(32) }
}

function known(...records: readonly JournalRecord[]): readonly string[] {
  const expected = new ExpectedState()
  expected.add(records)
  return expected.databases.map(({ database }) => database)
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
  const facts = stateFacts('store.closed', { sequence: 4, databases: [{ database: 'a', root: ROOT }] })
  expect(stateRecordOf(facts)).toEqual({
    sequence: 4,
    databases: [{ database: 'a', root: ROOT, without: [] }],
  })
  expect(stateRecordOf({ ...facts, actor: 'app' })).toBeUndefined()
  expect(stateRecordOf({ ...facts, action: 'store.created' })).toBeUndefined()
  expect(stateRecordOf({ ...facts, context: '{"suite":"none"}' })).toBeUndefined()
  expect(stateRecordOf(stateFacts('store.closed', undefined))).toBeUndefined()
})
