import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { verifyConsistencyProof } from '../src/verify-consistency-proof.ts'
import { verifyInclusion } from '../src/verify-inclusion.ts'

interface InclusionCase {
  readonly name: string
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}
interface ConsistencyCase {
  readonly name: string
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof?: readonly string[] | null
  readonly wantErr: boolean
}

/** The test data of github.com/transparency-dev/merkle, a case a line. */
function casesOf<T>(file: string): readonly T[] {
  // Never edited, so the shape is known.
  return JSON.parse(readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8')) as readonly T[]
}

const inclusion = casesOf<InclusionCase>('inclusion.json')
const consistency = casesOf<ConsistencyCase>('consistency.json')
const bytes = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'))

test('inclusion proofs agree with the published vectors', () => {
  const wrong = inclusion.filter(
    (one) =>
      verifyInclusion({
        index: one.leafIdx,
        size: one.treeSize,
        leaf: bytes(one.leafHash),
        hashes: (one.proof ?? []).map(bytes),
        root: bytes(one.root),
      }) === one.wantErr,
  )
  expect(inclusion).toHaveLength(98)
  expect(inclusion.filter(({ wantErr }) => !wantErr)).toHaveLength(6)
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test('consistency proofs agree with the published vectors', () => {
  const wrong = consistency.filter(
    (one) =>
      verifyConsistencyProof({
        older: { size: one.size1, root: bytes(one.root1) },
        newer: { size: one.size2, root: bytes(one.root2) },
        hashes: (one.proof ?? []).map(bytes),
      }) === one.wantErr,
  )
  expect(consistency).toHaveLength(98)
  expect(consistency.filter(({ wantErr }) => !wantErr)).toHaveLength(6)
  expect(wrong.map(({ name }) => name)).toEqual([])
})
