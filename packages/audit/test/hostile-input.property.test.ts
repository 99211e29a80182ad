import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { parseCheckpoint } from '../src/checkpoint/checkpoint.ts'
import { formatReceipt, parseReceipt, parseTlogProof, parseVerifierKey, type Receipt } from '../src/index.ts'
import { parseNote } from '../src/note/signed-note.ts'
import {
  parsePolicy,
  policyOfKey,
  verifyConsistency,
  verifyReceipt,
  type Policy,
} from '../src/verify/index.ts'
import { openLog } from './fixtures.ts'

const CODE = /^(?:PROOF|NOTE|LEAF|ENTRY|POLICY|QUORUM)_[A-Z]+$/

let receipt: Receipt
let text: string
let checkpoint: string
let policy: Policy
let policyText: string

beforeAll(async () => {
  const { log, grow } = await openLog()
  grow(300)
  receipt = await log.receipt(299)
  text = formatReceipt(receipt)
  checkpoint = await log.checkpoint()
  const key = log.verifierKeys[0]!
  policy = policyOfKey(key)
  policyText = `log ${key.text} https://log.example/\nquorum none\n`
})

/** A few pieces of a text cut out, doubled or replaced. */
function mangled(original: () => string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 40 }),
    instead: fc.oneof(
      fc.constant(''),
      fc.string({ maxLength: 8 }),
      fc.constantFrom('\n', '\n\n', ' ', '=', '0'),
    ),
  })
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) =>
    edits.reduce((before, { at, length, instead }) => {
      const start = Math.floor(at * before.length)
      return before.slice(0, start) + instead + before.slice(start + length)
    }, original()),
  )
}

interface Answer {
  readonly ok: boolean
  readonly code?: string
}

function neverThrows(name: string, inputs: () => fc.Arbitrary<string>, run: (input: string) => Answer): void {
  test(`${name}: whatever comes in gets an answer, and a "no" has a code`, () => {
    fc.assert(
      fc.property(inputs(), (input) => {
        const answer = run(input)
        if (!answer.ok) expect(answer.code).toMatch(CODE)
      }),
      { numRuns: 1000 },
    )
  })
}

const anything = (original: () => string): (() => fc.Arbitrary<string>) => {
  return () => fc.oneof(mangled(original), fc.string({ unit: 'binary', maxLength: 300 }), fc.json())
}

neverThrows(
  'notes',
  anything(() => checkpoint),
  parseNote,
)
neverThrows(
  'checkpoints',
  anything(() => checkpoint),
  parseCheckpoint,
)
neverThrows(
  'proofs',
  anything(() => receipt.proof),
  parseTlogProof,
)
neverThrows(
  'receipts',
  anything(() => text),
  parseReceipt,
)
neverThrows(
  'policies',
  anything(() => policyText),
  parsePolicy,
)
neverThrows(
  'verified receipts',
  anything(() => text),
  (input) => verifyReceipt(input, policy),
)
neverThrows(
  'verified checkpoints',
  anything(() => checkpoint),
  (input) => verifyConsistency({ older: input, newer: checkpoint, proof: [] }, policy),
)

const key = (): string => policyText.split(' ')[1]!

test('any verifier key gives an answer', () => {
  fc.assert(
    fc.property(anything(key)(), (input) => void parseVerifierKey(input)),
    { numRuns: 1000 },
  )
})

test('objects of any shape give an answer', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (given, trusted) => {
      // Not what the types allow, but what a caller without types can do.
      expect(verifyReceipt(given as Receipt, policy)).toMatchObject({ ok: false })
      expect(verifyReceipt(receipt, trusted as Policy)).toMatchObject({ ok: false })
    }),
    { numRuns: 1000 },
  )
})

test('a mangled receipt is never accepted as another one', () => {
  fc.assert(
    fc.property(
      mangled(() => text),
      (input) => {
        const verdict = verifyReceipt(input, policy)
        if (verdict.ok) expect(parseReceipt(input)).toMatchObject({ value: { leaf: receipt.leaf } })
      },
    ),
    { numRuns: 2000 },
  )
})
