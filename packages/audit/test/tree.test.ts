import { equalBytes, utf8Encode } from '@forgeone/common'
import {
  CompactRange,
  HASH_BYTES,
  leafHash,
  consistencyRanges,
  inclusionRanges,
  verifyConsistencyProof,
  verifyInclusion,
} from '@forgeone/merkle'
import { expect, inject, test } from 'vitest'
import { TileNodes } from '../src/tree/tile-nodes.ts'
import { hashesOnLevel, parseTilePath, tileLevels, tilePath } from '../src/tree/tile-path.ts'
import { SlowTree } from './slow-tree.ts'

const SIZE = 257
/** Proofs grow with the square of the leaves. */
const STEP = inject('isLongTier') ? 1 : 3
const leaves = Array.from({ length: SIZE }, (_, index) => leafHash(utf8Encode(`leaf ${index}`)))
const slow = new SlowTree(leaves)
const roots = Array.from({ length: SIZE + 1 }, (_, size) => slow.root(0, size))

/** Tiles of the leaves above, as a log would keep them. */
const tileHashes: Buffer[][] = [leaves.map((leaf) => Buffer.from(leaf)), []]
const range = new CompactRange()
for (const leaf of leaves) {
  range.append({ buffer: Buffer.from(leaf), at: 0 }, (level, { buffer, at }) => {
    tileHashes[level]!.push(Buffer.from(buffer.subarray(at, at + HASH_BYTES)))
  })
}
let tilesRead = 0
const nodes = new TileNodes(async ({ level, index, width }) => {
  tilesRead++
  return Buffer.concat(tileHashes[level]!.slice(index * 256, index * 256 + width))
})

const equalAll = (left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean =>
  left.length === right.length && left.every((one, index) => equalBytes(one, right[index]!))

test(`an inclusion proof up to ${SIZE} leaves is that of the slow twin and verifies`, async () => {
  const wrong: string[] = []
  for (let size = SIZE; size > 0; size -= STEP) {
    for (let index = 0; index < size; index++) {
      const hashes = await nodes.hashesOf(inclusionRanges({ index, size }), size)
      const isRight = equalAll(hashes, slow.path(index, 0, size))
      const claim = { index, size, leaf: leaves[index]!, hashes, root: roots[size]! }
      if (!isRight || !verifyInclusion(claim)) wrong.push(`${index} of ${size}`)
      if (size > 1 && verifyInclusion({ ...claim, index: (index + 1) % size })) wrong.push(`shifted ${index}`)
    }
  }
  expect(wrong).toEqual([])
})

test(`a consistency proof up to ${SIZE} leaves is that of the slow twin and verifies`, async () => {
  const wrong: string[] = []
  for (let newer = SIZE; newer > 0; newer -= STEP) {
    for (let older = 1; older <= newer; older++) {
      const hashes = await nodes.hashesOf(consistencyRanges({ older, newer }), newer)
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

test('a proof reads each tile at most once, and full tiles never again', async () => {
  const fresh = new TileNodes(async ({ level, index, width }) => {
    tilesRead++
    return Buffer.concat(tileHashes[level]!.slice(index * 256, index * 256 + width))
  })
  tilesRead = 0
  await fresh.hashesOf(inclusionRanges({ index: 3, size: SIZE }), SIZE)
  expect(tilesRead).toBe(2)
  await fresh.hashesOf(inclusionRanges({ index: 200, size: 256 }), 256)
  expect(tilesRead).toBe(2)
})

test('paths of tiles are those of the specification, and there is one spelling of each', () => {
  expect(tilePath({ level: 0, index: 1234067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(tilePath({ level: 'entries', index: 7, width: 12 })).toBe('tile/entries/007.p/12')
  expect(parseTilePath('tile/0/x001/x234/067')).toEqual({ level: 0, index: 1234067, width: 256 })
  expect(parseTilePath('tile/entries/000.p/255')).toEqual({ level: 'entries', index: 0, width: 255 })
  for (const path of [
    'tile/0/x000/067',
    'tile/00/067',
    'tile/64/067',
    'tile/0/67',
    'tile/0/1067',
    'tile/0/067.p/0',
    'tile/0/067.p/256',
    'tile/0/067.p/01',
    'tile/0/067/',
    'tile/../067',
    '/tile/0/067',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
  ])
    expect(parseTilePath(path), path).toBeUndefined()
  expect(tileLevels(256)).toBe(2)
  expect([0, 1, 2].map((level) => hashesOnLevel(70_000, level))).toEqual([70_000, 273, 1])
})
