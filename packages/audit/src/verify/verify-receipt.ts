import { equalHashes, HASH_BYTES, leafHash, verifyInclusion } from '@forgeone/merkle'
import { decodeBase64, decodeBase64Url } from '../format/base64.ts'
import { utf8Encode } from '../format/bytes.ts'
import { refuse } from '../format/refusal.ts'
import { parseLeaf, type LeafFacts } from '../leaf/parse-leaf.ts'
import type { Policy } from '../policy/policy.ts'
import { verifyCheckpoint } from '../policy/verify-checkpoint.ts'
import { LEAF_CHARACTERS_MAX } from '../proof/leaf-limit.ts'
import { checkReceipt, parseReceipt, type EntryPart, type Receipt } from '../proof/receipt.ts'
import { parseTlogProof } from '../proof/tlog-proof.ts'
import type { Verdict } from './verdict.ts'

/**
 * Whether a receipt proves its leaf to somebody who trusts the policy. Never throws, reads no clock, does no I/O.
 * Refused with `PROOF_FORMAT`, `PROOF_INDEX`, `PROOF_ROOT`, `LEAF_MISMATCH` (the leaf is none of ours, or of another
 * index), `ENTRY_MISMATCH`, and the codes of `verifyCheckpoint`.
 */
export function verifyReceipt(receipt: string | Receipt, policy: Policy): Verdict {
  try {
    const checked = typeof receipt === 'string' ? parseReceipt(receipt) : checkReceipt(receipt)
    if (!checked.ok) return checked
    const { leaf: text, proof, entry } = checked.value
    const verdict = verifyProofUnguarded({ proof, leaf: utf8Encode(text) }, policy)
    if (!verdict.ok) return verdict
    const leaf = parseLeaf(text)
    if (leaf === undefined || !text.isWellFormed())
      return refuse('LEAF_MISMATCH', 'the leaf is not one of ForgeOne')
    if (leaf.sequence !== verdict.index)
      return refuse('LEAF_MISMATCH', `the leaf of commit ${leaf.sequence} stands at index ${verdict.index}`)
    if (entry === undefined) return { ...verdict, leaf }
    const proven = provenEntry(entry, leaf)
    if (proven === undefined)
      return refuse('ENTRY_MISMATCH', 'the entry does not lead to the root of its commit')
    const { content: entryContent } = proven
    return { ...verdict, leaf, ...(entryContent === undefined ? {} : { entryContent }) }
  } catch {
    // Objects with getters that throw, and whatever else is made to break a verifier.
    return refuse('PROOF_FORMAT', 'the receipt or the policy cannot be read')
  }
}

/**
 * Whether a bare `.tlog-proof` proves a leaf given apart: any bytes, of this log or a foreign one. Never throws.
 * Refused as in `verifyReceipt`.
 */
export function verifyProof(
  o: { readonly proof: string; readonly leaf: Uint8Array },
  policy: Policy,
): Verdict {
  try {
    return verifyProofUnguarded(o, policy)
  } catch {
    return refuse('PROOF_FORMAT', 'the proof or the policy cannot be read')
  }
}

function verifyProofUnguarded(
  { proof: text, leaf }: { readonly proof: string; readonly leaf: Uint8Array },
  policy: Policy,
): Verdict {
  if (leaf.length > LEAF_CHARACTERS_MAX) return refuse('PROOF_FORMAT', 'the leaf is too long')
  const proof = parseTlogProof(text)
  if (!proof.ok) return proof
  const { index, hashes, checkpoint } = proof.value
  const trusted = verifyCheckpoint(checkpoint, policy)
  if (!trusted.ok) return trusted
  const { origin, size, root, witnesses } = trusted.value
  if (index >= size) return refuse('PROOF_INDEX', `index ${index} lies outside a tree of ${size} leaves`)
  if (!verifyInclusion({ index, size, leaf: leafHash(leaf), hashes, root }))
    return refuse('PROOF_ROOT', 'the proof does not lead from the leaf to the signed root')
  return { ok: true, leaf: undefined, origin, index, size, witnesses }
}

/** @returns the content that was hashed, if there is one; undefined when nothing leads to the commit */
function provenEntry(
  { hash, index, size, path, content }: EntryPart,
  { entries }: LeafFacts,
): { readonly content: Uint8Array | undefined } | undefined {
  if (entries === undefined) return undefined
  const root = decodeBase64Url(entries.root)
  const [leaf, ...hashes] = [hash, ...path].map(decodeBase64)
  if (root === undefined || leaf === undefined || hashes.some((each) => each?.length !== HASH_BYTES))
    return undefined
  const bytes = content === undefined ? undefined : decodeBase64(content)
  if (content !== undefined && (bytes === undefined || !equalHashes(leafHash(bytes), leaf))) return undefined
  const known = hashes.filter((each) => each !== undefined)
  return verifyInclusion({ index, size, leaf, hashes: known, root }) ? { content: bytes } : undefined
}
