import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { utf8Encode } from '@forgeone/common'
import { leafHash, nodeHash } from '@forgeone/merkle'
import { expect, test } from 'vitest'
import { formatTreeHead } from '../src/checkpoint/checkpoint.ts'
import {
  encodeLeaf,
  formatReceipt,
  formatTlogProof,
  parseTlogProof,
  verifierKey,
  type Receipt,
} from '../src/index.ts'
import { formatNote } from '../src/note/signed-note.ts'
import { policyOfKey, verifyProof, verifyReceipt, type Policy } from '../src/verify/index.ts'
import { commit, openLog, signer } from './fixtures.ts'

async function receiptOf(index: number, size = 1000): Promise<{ receipt: Receipt; policy: Policy }> {
  const { log, grow } = await openLog()
  grow(size)
  return { receipt: await log.receipt(index), policy: policyOfKey(log.verifierKeys[0]!) }
}

function withProof(receipt: Receipt, change: (text: string) => string): Receipt {
  const proof = change(receipt.proof)
  expect(proof).not.toBe(receipt.proof)
  return { ...receipt, proof }
}

test('a receipt is accepted as text and as an object, with what its leaf says', async () => {
  const { receipt, policy } = await receiptOf(500)
  for (const given of [receipt, formatReceipt(receipt)])
    expect(verifyReceipt(given, policy)).toMatchObject({
      ok: true,
      index: 500,
      size: 1000,
      leaf: { action: 'events.append', sequence: 500, puts: 1 },
      witnesses: [],
    })
})

test('a bare proof is accepted with the leaf given apart, whatever the leaf is', async () => {
  const { receipt, policy } = await receiptOf(500)
  const leaf = utf8Encode(receipt.leaf)
  expect(verifyProof({ proof: receipt.proof, leaf }, policy)).toMatchObject({ ok: true, index: 500 })
  const withExtra = receipt.proof.replace('index', 'extra aGVsbG8=\nindex')
  expect(verifyProof({ proof: withExtra, leaf }, policy).ok).toBe(true)
  expect(verifyProof({ proof: receipt.proof, leaf: leaf.subarray(1) }, policy)).toMatchObject({
    code: 'PROOF_ROOT',
  })
})

test('each tampered variant is refused with its code', async () => {
  const { receipt, policy } = await receiptOf(500)
  const other = await receiptOf(501)
  const lines = receipt.proof.split('\n')
  const hashLine = lines[2]!
  const flipped = (hashLine.startsWith('A') ? 'B' : 'A') + hashLine.slice(1)
  const cases: readonly (readonly [string, Receipt, string])[] = [
    ['edited leaf', { ...receipt, leaf: receipt.leaf.replace('"put":1', '"put":2') }, 'PROOF_ROOT'],
    ['other leaf', { ...receipt, leaf: other.receipt.leaf }, 'PROOF_ROOT'],
    ['wrong index', withProof(receipt, (text) => text.replace('index 500', 'index 501')), 'PROOF_ROOT'],
    ['index outside', withProof(receipt, (text) => text.replace('index 500', 'index 1000')), 'PROOF_INDEX'],
    ['edited hash', withProof(receipt, (text) => text.replace(hashLine, flipped)), 'PROOF_ROOT'],
    ['missing hash', withProof(receipt, (text) => text.replace(`${hashLine}\n`, '')), 'PROOF_ROOT'],
    [
      'doubled hash',
      withProof(receipt, (text) => text.replace(hashLine, `${hashLine}\n${hashLine}`)),
      'PROOF_ROOT',
    ],
    ['edited size', withProof(receipt, (text) => text.replace('\n1000\n', '\n1001\n')), 'NOTE_SIGNATURE'],
    [
      'index with a zero',
      withProof(receipt, (text) => text.replace('index 500', 'index 0500')),
      'PROOF_FORMAT',
    ],
    ['no header', withProof(receipt, (text) => text.replace('@v1', '@v2')), 'PROOF_FORMAT'],
    ['short hash', withProof(receipt, (text) => text.replace(hashLine, 'AAAA')), 'PROOF_FORMAT'],
    ['no checkpoint', withProof(receipt, (text) => text.slice(0, text.indexOf('\n\n') + 2)), 'NOTE_FORMAT'],
    [
      '64 hashes',
      withProof(receipt, (text) => text.replace(hashLine, `${hashLine}\n`.repeat(64).trimEnd())),
      'PROOF_FORMAT',
    ],
  ]
  for (const [what, given, code] of cases)
    expect([what, verifyReceipt(given, policy)]).toMatchObject([what, { ok: false, code }])
  const foreign = policyOfKey((await openLog({ signer: signer(9) })).log.verifierKeys[0]!)
  expect(verifyReceipt(receipt, foreign)).toMatchObject({ code: 'NOTE_UNTRUSTED' })
})

test('what is no receipt has a code', async () => {
  const { receipt, policy } = await receiptOf(0, 1)
  const thrower = Object.defineProperty({}, 'format', {
    get() {
      throw new Error('no')
    },
  })
  for (const given of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...receipt, version: 2 }),
    JSON.stringify({ ...receipt, more: 1 }),
    JSON.stringify({ ...receipt, leaf: 7 }),
    JSON.stringify({ ...receipt, proof: null }),
    JSON.stringify({ ...receipt, entry: {} }),
    JSON.stringify({ ...receipt, leaf: 'x'.repeat(70_000) }),
    'x'.repeat(1_000_000),
    // Not what the types allow, but what a caller without types can do.
    thrower as Receipt,
    undefined as unknown as Receipt,
  ])
    expect(verifyReceipt(given, policy)).toMatchObject({ ok: false, code: 'PROOF_FORMAT' })
  expect(verifyReceipt(receipt, undefined as unknown as Policy)).toMatchObject({ ok: false })
  const proof = parseTlogProof(receipt.proof)
  expect(proof.ok && formatTlogProof(proof.value)).toBe(receipt.proof)
})

test('a leaf that a log has signed at another place, or that is none of ours, is refused', () => {
  const key = verifierKey({ name: 'example.com/log', publicKey: signer().publicKey })
  const receiptFor = (leaf: string): Receipt => {
    const text = formatTreeHead({ origin: key.name, size: 1, root: leafHash(utf8Encode(leaf)) })
    const signature = { name: key.name, keyId: key.keyId, signature: signer().sign(utf8Encode(text)) }
    const checkpoint = formatNote({ text, signatures: [signature] })
    return {
      format: 'forge-receipt',
      version: 1,
      leaf,
      proof: formatTlogProof({ index: 0, hashes: [], checkpoint }),
    }
  }
  const policy = policyOfKey(key)
  expect(verifyReceipt(receiptFor(encodeLeaf(commit(0))), policy).ok).toBe(true)
  for (const leaf of [encodeLeaf(commit(7)), 'hello', '{}', ''])
    expect(verifyReceipt(receiptFor(leaf), policy)).toMatchObject({ code: 'LEAF_MISMATCH' })
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

test('a run of entries leads to the root in the leaf, or is refused', async () => {
  const runs = ['a', 'b', 'c'].map((text) => leafHash(utf8Encode(text)))
  const pair = nodeHash(runs[0]!, runs[1]!)
  const root = nodeHash(pair, runs[2]!)
  const { log, store } = await openLog()
  store.apply(
    log.observe([commit(0, { facts: { ...commit(0).facts, entries: { count: 3, root } } }), commit(1)]),
  )
  const entry = { hash: base64(runs[1]!), index: 1, size: 3, path: [base64(runs[0]!), base64(runs[2]!)] }
  const policy = policyOfKey(log.verifierKeys[0]!)
  const hashAlone = verifyReceipt(await log.receipt(0, { entry }), policy)
  expect(hashAlone.ok).toBe(true)
  expect(hashAlone).not.toHaveProperty('entryContent')
  const content = Buffer.from('b').toString('base64')
  expect(verifyReceipt(await log.receipt(0, { entry: { ...entry, content } }), policy)).toMatchObject({
    ok: true,
    entryContent: new Uint8Array(Buffer.from('b')),
  })
  for (const wrong of [
    { ...entry, index: 0 },
    { ...entry, size: 2 },
    { ...entry, hash: base64(runs[0]!) },
    { ...entry, path: entry.path.slice(1) },
    { ...entry, path: ['x', 'y'] },
    { ...entry, content: 'YQ==' },
    { ...entry, content: '?' },
  ])
    expect(verifyReceipt(await log.receipt(0, { entry: wrong }), policy)).toMatchObject({
      code: 'ENTRY_MISMATCH',
    })
  expect(verifyReceipt(await log.receipt(1, { entry }), policy)).toMatchObject({ code: 'ENTRY_MISMATCH' })
})

test.each([
  ['Node.js', 'node', ['node:crypto']],
  ['a browser', 'noble', ['@noble/hashes/sha2.js', '@noble/curves/ed25519.js']],
])(
  'the verifier and the trees that it stands on import nothing but cryptography in %s',
  (_, stem, wanted) => {
    const places: Readonly<Record<string, string>> = {
      '@forgeone/merkle': '../../merkle/src/index.ts',
      '#sha256': `../../merkle/src/sha256/${stem}-sha256.ts`,
      '#signature': `../src/signature/${stem}-signature.ts`,
    }
    const seen = new Set<string>()
    const foreign = new Set<string>()
    const visit = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(/from '([^']+)'/g)) {
        if (specifier.startsWith('.')) visit(resolve(dirname(path), specifier))
        else if (specifier in places) visit(fileURLToPath(new URL(places[specifier]!, import.meta.url)))
        else foreign.add(specifier)
      }
    }
    visit(fileURLToPath(new URL('../src/verify/index.ts', import.meta.url)))
    expect([...foreign]).toEqual(wanted)
    expect(seen.size).toBeGreaterThan(10)
  },
)
