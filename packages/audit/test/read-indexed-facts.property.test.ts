import { canonicalJson } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeLeaf, parseLeaf } from '../src/index.ts'
import { readIndexedFacts } from '../src/query-index/read-indexed-facts.ts'

/** What could be taken for a member of the leaf. */
const tricky = fc.constantFrom(
  '"}',
  ',"res":{"c":"x"}',
  '","h":"AAAA"}',
  ',"v":1,"who":"eve"}',
  '\\',
  '{"act":"x',
  '}',
  '',
)
const text = fc
  .array(fc.oneof(tricky, fc.string({ unit: 'grapheme', maxLength: 8 })))
  .map((parts) => parts.join(''))

test('what is read of a leaf without parsing it is what parsing gives', () => {
  const leaves = fc.record({
    actor: text,
    action: text,
    resourceClass: text,
    hash: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
    told: fc.option(fc.dictionary(text, text, { maxKeys: 3 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(leaves, ({ actor, action, resourceClass, hash, told }) => {
      const leaf = encodeLeaf({
        sequence: 7,
        time: 1,
        facts: {
          actor,
          action,
          resourceClass,
          ...(hash === undefined ? {} : { resourceHash: hash }),
          ...(told === undefined ? {} : { context: canonicalJson(told, { code: 'INTERNAL', what: 'told' }) }),
        },
        operations: [],
        nonce: new Uint8Array(16),
      })
      const whole = parseLeaf(leaf)!
      expect(readIndexedFacts(leaf)).toMatchObject({
        actor: whole.actor,
        action: whole.action,
        resourceClass: whole.resourceClass,
        ...(whole.resourceHash === undefined ? {} : { resourceHash: whole.resourceHash }),
      })
      expect(readIndexedFacts(leaf)?.resourceHash).toBe(whole.resourceHash)
    }),
    { numRuns: 3000 },
  )
})

test('what is no leaf is none', () => {
  for (const odd of ['', '{', '{"act":"x"}', '{"act":"x","v":1,"who":"y"}', 'null', '{"act":"'])
    expect(readIndexedFacts(odd)).toBeUndefined()
})
