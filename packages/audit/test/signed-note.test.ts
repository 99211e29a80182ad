import { utf8Encode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { parseCheckpoint } from '../src/checkpoint/checkpoint.ts'
import { formatNote, parseNote } from '../src/note/signed-note.ts'
import { parseVerifierKey, verifierKey, verifySignature } from '../src/note/verifier-key.ts'
import { signer } from './fixtures.ts'

// The example of c2sp.org/signed-note.
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const EXAMPLE_NOTE =
  'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
const LINE = EXAMPLE_NOTE.slice(EXAMPLE_NOTE.indexOf('\u2014'))

test('the example of the specification verifies, and is written back byte for byte', () => {
  const key = parseVerifierKey(EXAMPLE_KEY)!
  const note = parseNote(EXAMPLE_NOTE)
  expect(note.ok && formatNote(note.value)).toBe(EXAMPLE_NOTE)
  const [signature] = note.ok ? note.value.signatures : []
  expect(signature).toMatchObject({ name: key.name, keyId: key.keyId })
  const message = utf8Encode('This is an example message.\n')
  expect(verifySignature({ key, message, signature: signature!.signature })).toBe(true)
  expect(verifySignature({ key, message: message.subarray(1), signature: signature!.signature })).toBe(false)
})

test('the example of a checkpoint parses, extension lines are passed over', () => {
  const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
  expect(parseCheckpoint(`${text}\n${LINE}`)).toMatchObject({ ok: true, value: { size: 20852163 } })
  expect(parseCheckpoint(`${text}more\n\n${LINE}`)).toMatchObject({ ok: true, value: { size: 20852163 } })
})

const MALFORMED: Readonly<Record<string, string>> = {
  nothing: '',
  'no signature': 'text\n\n',
  'no empty line': `text\n${LINE}`,
  'no text': `\n\n${LINE}`.slice(1),
  'no final newline': EXAMPLE_NOTE.slice(0, -1),
  'a carriage return': EXAMPLE_NOTE.replace('message.\n', 'message.\r\n'),
  'a control character': EXAMPLE_NOTE.replace('example message', 'example\u0007message'),
  'a tab': EXAMPLE_NOTE.replace('an example', 'an\texample'),
  'a lone surrogate': EXAMPLE_NOTE.replace('an example', 'an \ud800 example'),
  'a hyphen for the em dash': EXAMPLE_NOTE.replace('\u2014', '-'),
  'an en dash for the em dash': EXAMPLE_NOTE.replace('\u2014', '\u2013'),
  'no blank after the em dash': EXAMPLE_NOTE.replace('\u2014 ', '\u2014'),
  'two blanks': EXAMPLE_NOTE.replace('foo Uw', 'foo  Uw'),
  'no name': EXAMPLE_NOTE.replace('example.com/foo ', ' '),
  'a plus in the name': EXAMPLE_NOTE.replace('com/foo', 'com+foo'),
  'a no-break space in the name': EXAMPLE_NOTE.replace('com/foo', 'com\u00a0foo'),
  'no padding': EXAMPLE_NOTE.replace('QM=', 'QM'),
  'stray bits': EXAMPLE_NOTE.replace('aQM=', 'aQN='),
  'only a key id': `text\n\n\u2014 a ${Buffer.alloc(4).toString('base64')}\n`,
  'a line that is no signature': `${EXAMPLE_NOTE}hello\n`,
  '17 signatures': EXAMPLE_NOTE + LINE.repeat(16),
  '64 KiB': `${'x'.repeat(65_536)}\n\n${LINE}`,
}

test.each(Object.entries(MALFORMED))('a note with %s is refused', (_what, note) => {
  const result = parseNote(note)
  expect(result).toMatchObject({ ok: false, code: 'NOTE_FORMAT' })
})

test('16 signatures are taken, doubled ones too', () => {
  expect(parseNote(EXAMPLE_NOTE + LINE.repeat(15)).ok).toBe(true)
})

test.each([
  ['a leading zero', 'o\n012\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
  ['a sign', 'o\n+12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
  ['a size above 2^53', 'o\n9007199254740993\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
  ['a short root', 'o\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2==\n'],
  ['two lines', 'o\n12\n'],
  ['no origin', '\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'],
  ['an empty extension line', 'o\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n'],
])('a checkpoint with %s is refused', (_what, text) => {
  expect(parseCheckpoint(`${text}\n${LINE}`)).toMatchObject({ ok: false, code: 'NOTE_FORMAT' })
})

test('a verifier key is made, read back, and refused when anything about it is wrong', () => {
  const made = verifierKey({ name: 'example.com/log', publicKey: signer().publicKey })
  expect(parseVerifierKey(made.text)).toEqual(made)
  const [name, id, material] = made.text.split(/\+(.{8})\+/) as [string, string, string]
  for (const text of [
    '',
    name,
    `${name}+${id}`,
    `${name}+${id.toUpperCase()}x+${material}`,
    `other+${id}+${material}`,
    `${name}+00000000+${material}`,
    `${name}+${id}+${material.slice(0, -4)}`,
    `a b+${id}+${material}`,
    `${made.text}\n`,
    `${'x'.repeat(9000)}+${id}+${material}`,
  ])
    expect(parseVerifierKey(text), text).toBeUndefined()
})
