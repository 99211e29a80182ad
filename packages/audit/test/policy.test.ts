import { generateKeyPairSync, sign, type KeyPairKeyObjectResult } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCheckpoint } from '../src/checkpoint/checkpoint.ts'
import { cosignedMessage, joinCosignature, subtreeMessage } from '../src/checkpoint/cosignature.ts'
import { knowsKey } from '#signature'
import { formatSignatureLine } from '../src/note/signed-note.ts'
import { verifierKey } from '../src/index.ts'
import { parsePolicy, verifyCheckpoint, type Policy } from '../src/verify/index.ts'
import { openLog, signer } from './fixtures.ts'

const logKey = verifierKey({ name: 'example.com/log', publicKey: signer(1).publicKey }).text
const witnessKeys = [2, 3, 4].map(
  (fill) => verifierKey({ name: `w${fill}.example`, publicKey: signer(fill).publicKey, type: 4 }).text,
)
const WITNESSES = witnessKeys.map((key, index) => `witness W${index} ${key}\n`).join('')

test('the grammar of the specification is taken', () => {
  const text =
    `# comment\n\n  log ${logKey}\thttps://log.example/ \n${WITNESSES}` +
    'group pair 2 W0 W1\ngroup both all pair W2\nquorum both'
  const policy = parsePolicy(text)
  expect(policy).toMatchObject({
    ok: true,
    value: {
      logs: [{ origin: 'example.com/log', url: 'https://log.example/' }],
      groups: [
        { name: 'pair', threshold: 2, members: ['W0', 'W1'] },
        { name: 'both', threshold: 2, members: ['pair', 'W2'] },
      ],
      quorum: 'both',
    },
  })
  expect(parsePolicy(Buffer.from(text))).toEqual(policy)
  expect(parsePolicy('quorum none\n')).toMatchObject({ ok: true, value: { quorum: undefined } })
  // Names are octets: bytes that are no UTF-8 are names too.
  const octets = Buffer.concat([
    Buffer.from('witness '),
    Uint8Array.of(0xff),
    Buffer.from(` ${witnessKeys[0]}\nquorum `),
  ])
  expect(parsePolicy(Buffer.concat([octets, Uint8Array.of(0xff)])).ok).toBe(true)
  expect(parsePolicy(Buffer.concat([octets, Uint8Array.of(0xfe)])).ok).toBe(false)
})

test.each([
  ['no quorum', `log ${logKey}\n`],
  ['two quorums', 'quorum none\nquorum none\n'],
  ['an unknown quorum', 'quorum W9\n'],
  ['a quorum defined below', `quorum W0\n${WITNESSES}`],
  ['a surplus word', 'quorum none none\n'],
  ['an unknown keyword', 'logs x\nquorum none\n'],
  ['a malformed key', 'log x\nquorum none\n'],
  ['a log twice', `log ${logKey}\nlog ${logKey}\nquorum none\n`],
  ['a witness twice', `witness a ${witnessKeys[0]}\nwitness b ${witnessKeys[0]}\nquorum none\n`],
  ['a name twice', `witness a ${witnessKeys[0]}\nwitness a ${witnessKeys[1]}\nquorum none\n`],
  ['a witness named none', `witness none ${witnessKeys[0]}\nquorum none\n`],
  ['a group without members', `${WITNESSES}group g any\nquorum g\n`],
  ['a group of unknown members', `${WITNESSES}group g any W9\nquorum g\n`],
  ['a group of none', `${WITNESSES}group g any none\nquorum g\n`],
  ['a group that needs none', `${WITNESSES}group g 0 W0\nquorum g\n`],
  ['a group that needs more than all', `${WITNESSES}group g 2 W0\nquorum g\n`],
  ['a group within itself', `${WITNESSES}group g any g\nquorum g\n`],
  ['a member of two groups', `${WITNESSES}group g any W0\ngroup h any W0\nquorum g\n`],
  ['a member twice', `${WITNESSES}group g 2 W0 W0\nquorum g\n`],
  ['a leading zero', `${WITNESSES}group g 01 W0\nquorum g\n`],
  ['a carriage return', 'quorum none\r\n'],
  ['a control character', '# \u007f\nquorum none\n'],
  ['256 KiB', `#${'x'.repeat(256 * 1024)}\nquorum none\n`],
])('a policy with %s is refused', (_what, text) => {
  expect(parsePolicy(text)).toMatchObject({ ok: false, code: 'POLICY_FORMAT' })
})

/** A checkpoint of a log of three leaves, cosigned by these. */
async function cosigned(fills: readonly number[]): Promise<{ note: string; key: string }> {
  const { log, grow } = await openLog()
  grow(3)
  const note = await log.checkpoint()
  const text = note.slice(0, note.indexOf('\n\n') + 1)
  const lines = fills.map((fill) => {
    const key = verifierKey({ name: `w${fill}.example`, publicKey: signer(fill).publicKey, type: 4 })
    const signature = signer(fill).sign(cosignedMessage({ text, seconds: 1_700_000_000n }))
    return formatSignatureLine({
      name: key.name,
      keyId: key.keyId,
      signature: joinCosignature({ seconds: 1_700_000_000n, signature }),
    })
  })
  return { note: note + lines.join(''), key: log.verifierKeys[0]!.text }
}

function policyOf(text: string): Policy {
  const policy = parsePolicy(text)
  if (!policy.ok) throw new Error(policy.detail)
  return policy.value
}

test('a quorum is met by enough valid cosignatures, each witness counted once', async () => {
  const two = await cosigned([2, 4])
  const base = `log ${two.key}\n${WITNESSES}`
  expect(verifyCheckpoint(two.note, policyOf(`${base}group g 2 W0 W1 W2\nquorum g\n`))).toMatchObject({
    ok: true,
    value: { size: 3, witnesses: [{ name: 'W0', seconds: 1_700_000_000 }, { name: 'W2' }] },
  })
  expect(verifyCheckpoint(two.note, policyOf(`${base}group g all W0 W1 W2\nquorum g\n`))).toMatchObject({
    code: 'QUORUM_MISSED',
  })
  expect(verifyCheckpoint(two.note, policyOf(`${base}quorum W1\n`))).toMatchObject({ code: 'QUORUM_MISSED' })
  const nested = `${base}group a any W0 W1\ngroup b all a W2\nquorum b\n`
  expect(verifyCheckpoint(two.note, policyOf(nested)).ok).toBe(true)
  const doubled = await cosigned([2, 2])
  expect(
    verifyCheckpoint(
      doubled.note,
      policyOf(`log ${doubled.key}\n${WITNESSES}group g 2 W0 W1 W2\nquorum g\n`),
    ),
  ).toMatchObject({ code: 'QUORUM_MISSED' })
})

test('a witness may be named by its note key, as Tessera does', async () => {
  const { note, key } = await cosigned([2])
  const noteKey = verifierKey({ name: 'w2.example', publicKey: signer(2).publicKey }).text
  const policy = policyOf(`log ${key}\nwitness W ${noteKey}\nquorum W\n`)
  expect(verifyCheckpoint(note, policy)).toMatchObject({ ok: true, value: { witnesses: [{ name: 'W' }] } })
})

// Node.js knows ML-DSA from 24.6, browsers do not; there such keys never count.
const mlDsa = ((): KeyPairKeyObjectResult | undefined => {
  try {
    return generateKeyPairSync('ml-dsa-44')
  } catch {
    return undefined
  }
})()

const knowsMlDsa = knowsKey('ml-dsa-44', new Uint8Array(1312))

test.skipIf(mlDsa === undefined || !knowsMlDsa)(
  'ML-DSA-44 cosignatures count, those of another size or log do not',
  async () => {
    const { note, key } = await cosigned([])
    const publicKey = new Uint8Array(mlDsa!.publicKey.export({ format: 'der', type: 'spki' }).subarray(-1312))
    const witness = verifierKey({ name: 'pq.example', publicKey, type: 6 })
    const policy = policyOf(`log ${key}\nwitness W ${witness.text}\nquorum W\n`)
    const head = parseCheckpoint(note)
    if (!head.ok) throw new Error(head.detail)
    const signed = (change: object, seconds: bigint): string => {
      const message = subtreeMessage({ cosigner: witness.name, seconds, head: { ...head.value, ...change } })!
      const signature = joinCosignature({ seconds, signature: sign(null, message, mlDsa!.privateKey) })
      return note + formatSignatureLine({ name: witness.name, keyId: witness.keyId, signature })
    }
    expect(verifyCheckpoint(signed({}, 7n), policy)).toMatchObject({
      ok: true,
      value: { witnesses: [{ name: 'W', seconds: 7 }] },
    })
    expect(verifyCheckpoint(signed({}, 0n), policy).ok).toBe(true)
    expect(verifyCheckpoint(note, policy)).toMatchObject({ code: 'QUORUM_MISSED' })
    expect(verifyCheckpoint(signed({ size: 4 }, 7n), policy)).toMatchObject({ code: 'NOTE_SIGNATURE' })
    expect(verifyCheckpoint(signed({ origin: 'other' }, 7n), policy)).toMatchObject({
      code: 'NOTE_SIGNATURE',
    })
  },
)

test('what is no ML-DSA-44 cosignature never counts, and refuses the note where it can be verified', async () => {
  const { note, key } = await cosigned([])
  const witness = verifierKey({ name: 'pq.example', publicKey: new Uint8Array(1312), type: 6 })
  const signature = joinCosignature({ seconds: 7n, signature: new Uint8Array(2420) })
  const line = formatSignatureLine({ name: witness.name, keyId: witness.keyId, signature })
  const policy = policyOf(`log ${key}\nwitness W ${witness.text}\nquorum W\n`)
  const code = knowsMlDsa ? 'NOTE_SIGNATURE' : 'QUORUM_MISSED'
  expect(verifyCheckpoint(note + line, policy)).toMatchObject({ code })
})

test('unknown keys are passed over, a wrong signature of a known key refuses the note', async () => {
  const { note, key } = await cosigned([2])
  const wrong = note.slice(0, -6) + (note.at(-6) === 'A' ? 'B' : 'A') + note.slice(-5)
  expect(verifyCheckpoint(wrong, policyOf(`log ${key}\nquorum none\n`)).ok).toBe(true)
  expect(verifyCheckpoint(wrong, policyOf(`log ${key}\n${WITNESSES}quorum none\n`))).toMatchObject({
    code: 'NOTE_SIGNATURE',
  })
  expect(verifyCheckpoint(note, policyOf(`log ${logKey}\nquorum none\n`))).toMatchObject({
    code: 'NOTE_UNTRUSTED',
  })
  const foreign = verifierKey({ name: key.split('+')[0]!, publicKey: signer(8).publicKey }).text
  expect(verifyCheckpoint(note, policyOf(`log ${foreign}\nquorum none\n`))).toMatchObject({
    code: 'NOTE_UNTRUSTED',
  })
  const edited = note.replace('\n3\n', '\n4\n')
  expect(verifyCheckpoint(edited, policyOf(`log ${key}\nquorum none\n`))).toMatchObject({
    code: 'NOTE_SIGNATURE',
  })
})
