import { createHash } from 'node:crypto'
import {
  canonicalJson,
  ForgeError,
  utf8Encode,
  type ObservedCommit,
  type SealedOperation,
} from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeLeaf, KEY_IDS_MAX, LEAF_BYTES_MAX, parseLeaf } from '../src/index.ts'
import { operationsDigest } from '../src/leaf/operations-digest.ts'
import { commit, put } from './fixtures.ts'

const canonical = (text: string): string =>
  canonicalJson(JSON.parse(text), { code: 'INTERNAL', what: 'a leaf' })

function lp(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function slowDigest(operations: readonly SealedOperation[]): string {
  const hasher = createHash('sha256')
  for (const one of operations) {
    hasher.update(lp(utf8Encode(one.database))).update(Uint8Array.of(one.type === 'put' ? 1 : 0))
    hasher.update(lp(one.key)).update(lp(one.type === 'put' ? one.sealed : new Uint8Array(0)))
  }
  return hasher.digest('base64url')
}

const operation = fc.record({
  type: fc.constantFrom('put' as const, 'delete' as const),
  database: fc.constantFrom('system', 'events_shard_0', 'ü'),
  key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  sealed: fc.uint8Array({ maxLength: 60 }),
})
const wellFormed = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: 'grapheme', maxLength })
const anyCommit: fc.Arbitrary<ObservedCommit> = fc.record({
  sequence: fc.nat(),
  time: fc.nat(),
  backMs: fc.option(fc.nat(), { nil: undefined }),
  facts: fc.record(
    {
      actor: wellFormed(16),
      action: fc.constantFrom('events.append', 'keys.rotated'),
      resourceClass: wellFormed(8),
      resourceHash: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      entries: fc.record({ count: fc.nat(), root: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
      context: fc.oneof(wellFormed(40), fc.json({ maxDepth: 2 })),
    },
    { requiredKeys: ['actor', 'action', 'resourceClass'] },
  ),
  operations: fc.array(operation, { maxLength: 5 }),
  nonce: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
})

test('every leaf is RFC 8785 text, and reads back', () => {
  fc.assert(
    fc.property(anyCommit, (one) => {
      const text = encodeLeaf(one)
      expect(text).toBe(canonical(text))
      expect(encodeLeaf(structuredClone(one))).toBe(text)
      expect(parseLeaf(text)).toMatchObject({
        action: one.facts.action,
        actor: one.facts.actor,
        sequence: one.sequence,
        time: one.time,
        ...(one.backMs === undefined ? {} : { backMs: one.backMs }),
      })
      if (one.backMs === undefined) expect(parseLeaf(text)).not.toHaveProperty('backMs')
      if (one.operations.length > 0)
        expect(JSON.parse(text)).toMatchObject({ ops: slowDigest(one.operations) })
    }),
    { numRuns: 300 },
  )
})

test('a leaf has exactly these members', () => {
  const facts = {
    actor: 'p_1',
    action: 'keys.rotated',
    resourceClass: 'keys',
    resourceHash: new Uint8Array(16).fill(1),
    entries: { count: 2, root: new Uint8Array(32).fill(2) },
    context: '{"outcome":"ok"}',
  }
  const operations: readonly SealedOperation[] = [
    put(1, 9),
    { type: 'delete', database: 'system', key: Uint8Array.of(1) },
    put(2, 0xffff_fff0),
    put(3, 9),
  ]
  expect(encodeLeaf(commit(7, { facts, operations, nonce: new Uint8Array(16) }))).toBe(
    `{"act":"keys.rotated","at":1767225600007,"cnt":{"del":1,"put":3},"ctx":{"outcome":"ok"},` +
      `"ent":{"n":2,"root":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"},"kid":[9,4294967280],` +
      `"ops":"${slowDigest(operations)}","res":{"c":"keys","h":"AQEBAQEBAQEBAQEBAQEBAQ"},"seq":7,"v":1,"who":"p_1"}`,
  )
  const bare = { actor: 'system', action: 'store.closed', resourceClass: 'store' }
  expect(encodeLeaf(commit(8, { facts: bare, operations: [], nonce: new Uint8Array(16) }))).toBe(
    '{"act":"store.closed","at":1767225600008,"cnt":{"del":0,"put":0},"n":"AAAAAAAAAAAAAAAAAAAAAA","res":{"c":"store"},"seq":8,"v":1,"who":"system"}',
  )
})

test('a context that is no canonical object is replaced by its digest', () => {
  for (const context of ['{"b":1,"a":2}', '[1]', 'free text', '{"a":1', '{"a": 1}', '{'.repeat(500)]) {
    const leaf = encodeLeaf(commit(1, { facts: { ...commit(1).facts, context } }))
    const digest = createHash('sha256').update(context).digest('base64url')
    expect(JSON.parse(leaf)).toMatchObject({ ctx: { sha256: digest } })
  }
})

test('keys of version 2 values are not named, and at most 64 are', () => {
  const shredded = put(1)
  if (shredded.type === 'put') shredded.sealed[0] = 2
  expect(parseLeaf(encodeLeaf(commit(1, { operations: [shredded] })))?.keyIds).toBeUndefined()
  const many = Array.from({ length: 100 }, (_, index) => put(index, 1000 - index))
  const ids = parseLeaf(encodeLeaf(commit(1, { operations: many })))?.keyIds
  expect(ids).toEqual(Array.from({ length: KEY_IDS_MAX }, (_, index) => 901 + index))
})

test('the largest facts that a store lets pass fit, and larger ones have a code', () => {
  const facts = {
    actor: '\u0001'.repeat(64),
    action: `${'a'.repeat(31)}.${'b'.repeat(32)}`,
    resourceClass: '\u0001'.repeat(32),
    resourceHash: new Uint8Array(16),
    entries: { count: 0xffff_ffff, root: new Uint8Array(32) },
    context: `{"a":"${'x'.repeat(2040)}"}`,
  }
  const operations = Array.from({ length: 80 }, (_, index) => put(index, 0xffff_ff00 + index))
  const leaf = encodeLeaf(commit(Number.MAX_SAFE_INTEGER, { facts, operations }))
  expect(leaf.length).toBeLessThanOrEqual(LEAF_BYTES_MAX)
  const tooLarge = commit(1, { facts: { ...facts, context: `{"a":"${'x'.repeat(4000)}"}` } })
  expect(() => encodeLeaf(tooLarge)).toThrow(ForgeError)
})

test('operations are hashed the same at once and in parts', () => {
  const large = { type: 'put', database: 'a', key: Uint8Array.of(1), sealed: new Uint8Array(70_000) } as const
  for (const operations of [[], [put(1)], [put(1), large, put(2)], [large]])
    expect(operationsDigest(operations)).toBe(slowDigest(operations))
})

test('text that is no leaf of ours is not read as one', () => {
  for (const text of ['', 'x', '{}', '[]', 'null', '{"v":1}', '{"act":"a.b","at":-1,"v":1}'])
    expect(parseLeaf(text)).toBeUndefined()
})
