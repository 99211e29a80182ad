import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditPath, treeRoot } from '../src/tree-root.ts'
import { verifyInclusion } from '../src/verify-inclusion.ts'

test('the path of every leaf leads to the root of its tree, from its place only', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (size, at, other) => {
      const leaves = Array.from({ length: size }, (_, n) => new Uint8Array(32).fill(n + 1))
      const root = treeRoot(leaves)
      const index = at % size
      const path = auditPath(leaves, index)
      const leaf = leaves[index]!
      expect(verifyInclusion({ leaf, index, size, hashes: path, root })).toBe(true)
      const wrong = other % size
      expect(verifyInclusion({ leaf, index: wrong, size, hashes: path, root })).toBe(wrong === index)
      expect(verifyInclusion({ leaf: leaves[wrong]!, index, size, hashes: path, root })).toBe(wrong === index)
      if (path.length > 0)
        expect(verifyInclusion({ leaf, index, size, hashes: path.slice(1), root })).toBe(false)
    }),
    { numRuns: 200 },
  )
})
