import { expect, test } from 'vitest'
import { CompactRange } from '../src/compact-range.ts'
import { EMPTY_ROOT, leafHash, leafHashOfParts } from '../src/hash.ts'
import { consistencyRanges, hashOfRange, inclusionRanges, type LeafRange } from '../src/proof-plan.ts'
import { auditPath, treeRoot } from '../src/tree-root.ts'
import { verifyConsistencyProof } from '../src/verify-consistency-proof.ts'
import { verifyInclusion } from '../src/verify-inclusion.ts'
import { slowLeafHash, SlowTree } from './slow-tree.ts'

const SIZE = 257
const utf8Encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const leaves = Array.from({ length: SIZE }, (_, index) => leafHash(utf8Encode(`leaf ${index}`)))
const slow = new SlowTree(leaves)
const roots = Array.from({ length: SIZE + 1 }, (_, size) => slow.root(0, size))

const equalAll = (left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean =>
  left.length === right.length && left.every((one, index) => Buffer.compare(one, right[index]!) === 0)

/** What a proof is made of, from the hashes of perfect trees alone. */
const hashesOf = (ranges: readonly LeafRange[]): readonly Uint8Array[] =>
  ranges.map((range) =>
    hashOfRange(range, ({ level, index }) => slow.root(index * 2 ** level, (index + 1) * 2 ** level)),
  )

test('a leaf hash and the empty root are those of RFC 6962', () => {
  expect(leafHash(utf8Encode('x'))).toEqual(slowLeafHash(utf8Encode('x')))
  expect(leafHashOfParts([utf8Encode('x'), utf8Encode(''), utf8Encode('yz')])).toEqual(
    leafHash(utf8Encode('xyz')),
  )
  expect(toHex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

test('the compact range has the root of the slow twin at every size', () => {
  const growing = new CompactRange()
  for (const [size, root] of roots.entries()) {
    expect(growing.root()).toEqual(root)
    if (size < SIZE) growing.append({ buffer: Buffer.from(leaves[size]!), at: 0 })
  }
})

test('the roots of the tree of RFC 6962 in the tests of Certificate Transparency', () => {
  const entries = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ]
  const hashes = entries.map((entry) => leafHash(new Uint8Array(Buffer.from(entry, 'hex'))))
  const found = hashes.map((_, index) => toHex(treeRoot(hashes.slice(0, index + 1))))
  expect(found).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

test('roots and paths of small trees are those of the slow twin', () => {
  for (let size = 0; size <= 40; size++) {
    const some = leaves.slice(0, size)
    expect(treeRoot(some)).toEqual(roots[size])
    for (let index = 0; index < size; index++)
      expect(auditPath(some, index)).toEqual(slow.path(index, 0, size))
  }
})

test('every inclusion proof up to 257 leaves is that of the slow twin and verifies', () => {
  const wrong: string[] = []
  for (let size = 1; size <= SIZE; size++) {
    for (let index = 0; index < size; index++) {
      const hashes = hashesOf(inclusionRanges({ index, size }))
      const isRight = equalAll(hashes, slow.path(index, 0, size))
      const claim = { index, size, leaf: leaves[index]!, hashes, root: roots[size]! }
      if (!isRight || !verifyInclusion(claim)) wrong.push(`${index} of ${size}`)
      if (size > 1 && verifyInclusion({ ...claim, index: (index + 1) % size })) wrong.push(`shifted ${index}`)
    }
  }
  expect(wrong).toEqual([])
})

test('every consistency proof up to 257 leaves is that of the slow twin and verifies', () => {
  const wrong: string[] = []
  for (let newer = 1; newer <= SIZE; newer++) {
    for (let older = 1; older <= newer; older++) {
      const hashes = hashesOf(consistencyRanges({ older, newer }))
      const claim = {
        older: { size: older, root: roots[older]! },
        newer: { size: newer, root: roots[newer]! },
        hashes,
      }
      const isRight = equalAll(hashes, slow.proof(older, 0, newer))
      if (!isRight || !verifyConsistencyProof(claim)) wrong.push(`${older} in ${newer}`)
    }
  }
  expect(wrong).toEqual([])
})

test('hashes of another length than 32 bytes prove nothing', () => {
  const [left, right] = leaves
  const root = slow.root(0, 2)
  for (const hash of [left!.subarray(1), new Uint8Array([...left!, 0]), new Uint8Array(0)]) {
    expect(verifyInclusion({ index: 1, size: 2, leaf: right!, hashes: [hash], root })).toBe(false)
    const older = { size: 1, root: left! }
    expect(verifyConsistencyProof({ older, newer: { size: 2, root }, hashes: [hash] })).toBe(false)
  }
})

test('a range continues from the hashes of its tiles', async () => {
  for (const size of [0, 1, 2, 7, 64, 255, 256, 257]) {
    const ids = [...Array(12).keys()]
    const known = new Map<string, Uint8Array>()
    for (const level of ids) {
      const index = Math.floor(size / 2 ** level) - 1
      if (index < 0) continue
      const start = index * 2 ** level
      known.set(`${level}/${index}`, slow.root(start, start + 2 ** level))
    }
    const restored = CompactRange.restore(size, (level, index) => known.get(`${level}/${index}`)!)
    expect(restored.root()).toEqual(roots[size])
  }
})

test('a proof that goes on above the root is refused', () => {
  const [left, right] = leaves
  const root = slow.root(0, 2)
  const claim = { index: 0, size: 1, leaf: right!, hashes: [left!], root }
  expect(verifyInclusion(claim)).toBe(false)
  expect(verifyInclusion({ ...claim, index: 1, size: 2 })).toBe(true)
  const older = { size: 1, root: right! }
  expect(verifyConsistencyProof({ older, newer: { size: 1, root }, hashes: [left!] })).toBe(false)
})
