import { expect, test } from 'vitest'
import { verifyConsistencyProof } from '../src/tree/verify-consistency-proof.ts'
import { verifyInclusion } from '../src/tree/verify-inclusion.ts'
import { sharedCases } from './shared-vectors.ts'

interface InclusionCase {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}
interface ConsistencyCase {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof?: readonly string[] | null
  readonly wantErr: boolean
}

const inclusion = sharedCases<InclusionCase>('data/tlog/inclusion')
const consistency = sharedCases<ConsistencyCase>('data/tlog/consistency')
const bytes = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'))

test.skipIf(inclusion === undefined)('inclusion proofs agree with the published vectors', () => {
  const wrong = inclusion!.filter(
    ({ content: one }) =>
      verifyInclusion({
        index: one.leafIdx,
        size: one.treeSize,
        leaf: bytes(one.leafHash),
        hashes: (one.proof ?? []).map(bytes),
        root: bytes(one.root),
      }) === one.wantErr,
  )
  expect(inclusion).toHaveLength(98)
  expect(inclusion!.filter(({ content }) => !content.wantErr)).toHaveLength(6)
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test.skipIf(consistency === undefined)('consistency proofs agree with the published vectors', () => {
  const wrong = consistency!.filter(
    ({ content: one }) =>
      verifyConsistencyProof({
        older: { size: one.size1, root: bytes(one.root1) },
        newer: { size: one.size2, root: bytes(one.root2) },
        hashes: (one.proof ?? []).map(bytes),
      }) === one.wantErr,
  )
  expect(consistency).toHaveLength(98)
  expect(consistency!.filter(({ content }) => !content.wantErr)).toHaveLength(6)
  expect(wrong.map(({ name }) => name)).toEqual([])
})
