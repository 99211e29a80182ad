/** Commit records of version 1. The file of vectors may be added to, never edited: journals hold such bytes. */
import { readFileSync } from 'node:fs'
import { ByteWriter, ForgeError, fromHex, toHex } from '@forgeone/common'
import { expect, test } from 'vitest'
import { readCommitRecord, writeCommitRecord, type CommitRecord } from '../src/format/commit-record.ts'

const FROZEN = JSON.parse(
  readFileSync(new URL('vectors/v1/commit-records.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>

const FACTS = { actor: 'system', action: 'store.closed', resourceClass: 'store' }
const TIME = 1_767_225_600_000
const NONCE = new Uint8Array(16).fill(5)

const RECORDS: Readonly<Record<string, CommitRecord>> = {
  bare: { time: TIME, facts: FACTS, operations: [], nonce: NONCE },
  everything: {
    time: TIME,
    facts: {
      actor: 'p_7c01',
      action: 'keys.rotated',
      resourceClass: 'keys',
      resourceHash: new Uint8Array(16).fill(1),
      entries: { count: 1000, root: new Uint8Array(32).fill(2) },
      context: '{"outcome":"ok"}',
    },
    operations: [
      { type: 'put', database: 'system', key: Uint8Array.of(1, 2), sealed: new Uint8Array(40).fill(7) },
      { type: 'delete', database: 'events_shard_0', key: Uint8Array.of(3) },
    ],
    nonce: undefined,
  },
  'clock stepped back': { time: TIME, backMs: 3_600_000, facts: FACTS, operations: [], nonce: NONCE },
}

function encoded(record: CommitRecord): Uint8Array {
  const writer = new ByteWriter()
  writeCommitRecord(writer, record)
  return writer.finish()
}

test.each(Object.entries(RECORDS))('a record is that of version 1: %s', (name, record) => {
  expect(toHex(encoded(record))).toBe(FROZEN[name])
  const { time, backMs, facts, ...read } = readCommitRecord(fromHex(FROZEN[name]!)!)
  expect({ time, backMs }).toEqual({ time: record.time, backMs: record.backMs })
  expect(encoded({ time, backMs, facts, ...read })).toEqual(encoded(record))
})

test('a record with flags that nobody knows is refused, not misread', () => {
  const bytes = encoded(RECORDS['bare']!)
  const flagsAt = bytes.length - 1 - NONCE.length - 1
  expect(bytes[flagsAt]).toBe(8)
  bytes[flagsAt] = 8 + 32
  expect(() => readCommitRecord(bytes)).toThrow(
    expect.objectContaining({ code: 'JOURNAL_DAMAGED' } satisfies Partial<ForgeError>),
  )
})
