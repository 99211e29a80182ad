import { fromHex, toHex } from '@forgeone/common'
import { expect, test } from 'vitest'
import type { LandedAppend } from '../../src/append/append-request.ts'
import { contentDigest, NO_TIMESTAMP } from '../../src/append/content-digest.ts'
import { decodeIdempotencyRow, encodeIdempotencyRow } from '../../src/append/idempotency-row.ts'
import { validateEventInput } from '../../src/entry/validate.ts'

const LANDED: LandedAppend = {
  place: { sequence: 4711, time: 1_704_067_200_123 },
  root: new Uint8Array(32).fill(0xaa),
  parts: [
    { shard: 2, topicId: 300, sequence: 90_121, count: 2 },
    { shard: 0, topicId: 1, sequence: 0, count: 1 },
    { shard: 2, topicId: 300, sequence: 90_123, count: 1 },
  ],
  versions: new Map([
    ['b', 1_000],
    ['a', 1],
  ]),
}
const KEPT = { digest: new Uint8Array(32).fill(0xdd), expiresAt: 1_704_153_600_123 }

/** What version 1 wrote first; it may never change. */
const ROW =
  '01dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd018cc778507b0000000000001267018cc251f47baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0302ac0289c005020001000102ac028bc0050102e80701'
const DIGEST = '59934aaa3f3961826e9f35281562316f54ecdcf91ef7334b42a44cc392d25156'

const ROWS = [
  { topic: 'a', payload: { é: 1 }, metadata: { m: null }, id: 'x', checkpointMarker: 'y' },
  { topic: 'b', payload: new Uint8Array([0, 255]), timestamp: 5, priority: 'high' as const },
].map((input) => validateEventInput(input, NO_TIMESTAMP))

test('a row is written as it ever was, and read back', () => {
  expect(toHex(encodeIdempotencyRow(LANDED, KEPT))).toBe(ROW)
  const { place, root, parts, versions } = LANDED
  expect(decodeIdempotencyRow(fromHex(ROW)!)).toEqual({
    ...KEPT,
    sequence: place.sequence,
    time: place.time,
    root,
    parts,
    versions: [...versions.values()],
  })
})

test('a row that is cut, longer or of another version is damage', () => {
  const whole = fromHex(ROW)!
  const damaged = expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED' }) as Error
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeIdempotencyRow(whole.slice(0, length)), `${length}`).toThrow(damaged)
  expect(() => decodeIdempotencyRow(Uint8Array.of(...whole, 0))).toThrow(damaged)
  expect(() => decodeIdempotencyRow(whole.with(0, 2))).toThrow(damaged)
})

test('the digest of a content is what it ever was: a retry may come after an upgrade', () => {
  expect(toHex(contentDigest(ROWS, 250))).toBe(DIGEST)
})
