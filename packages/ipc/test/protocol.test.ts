import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ForgeError, fromHex, toHex } from '@forgeone/common'
import { expect, test } from 'vitest'
import { encodeAnswer, encodeClientHello, encodeServerHello, METHOD } from '../src/handshake/hello.ts'
import { challengeOf, keyOfToken, proofOf, sessionKeys } from '../src/handshake/session-keys.ts'
import { REFERENCE } from '../src/value/tag.ts'
import { readAll } from '../src/value/value-decoder.ts'
import { ValueEncoder } from '../src/value/value-encoder.ts'
import { FRAME } from '../src/wire/frame.ts'
import { RecordCodes, recordKey } from '../src/wire/record-code.ts'

// Two versions of ForgeOne on one machine speak version 1 to each other: these bytes may be added to, and never change.
const VECTORS = join(import.meta.dirname, 'vectors', 'v1', 'protocol.json')

const key = Uint8Array.from({ length: 32 }, (_, index) => index)
const serverHello = encodeServerHello({ versionMin: 1, versionMax: 1, nonce: key })
const clientHello = encodeClientHello({
  version: 1,
  method: METHOD.SECRET,
  pid: 4711,
  nonce: key.toReversed(),
})
const transcript = { serverHello, clientHello }

class Stand {
  readonly told = { isOpen: true }
}

function message(...values: readonly unknown[]): Uint8Array {
  const encoder = new ValueEncoder({
    refer: (value) =>
      value instanceof Stand ? { kind: REFERENCE.OBJECT, id: 300, told: value.told } : undefined,
  })
  for (const value of values) encoder.add(value)
  return encoder.finish()
}

function bytesOf(): Record<string, Uint8Array> {
  const keys = sessionKeys({ secret: key, transcript, side: 'client' })
  const codes = new RecordCodes(recordKey(key))
  const numbers = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, -1, 1 - 2 ** 31, -0, 1.5, Number.NaN, Infinity]
  return {
    serverHello,
    clientHello,
    answer: encodeAnswer(3, Uint8Array.of(1, 2)),
    clientProof: proofOf(key, 'client', transcript),
    serverProof: proofOf(key, 'server', transcript),
    challenge: challengeOf(transcript),
    tokenKey: keyOfToken(Uint8Array.of(1)),
    sending: keys.sending,
    receiving: keys.receiving,
    firstCode: codes.next(Uint8Array.of(1, 2, 3)),
    secondCode: codes.next(Uint8Array.of(1, 2, 3)),
    singles: message(undefined, null, false, true),
    numbers: message(...numbers),
    texts: message('', 'ascii', 'ascii'),
    unicode: message('ä', '\uD800', 'a'),
    others: message(Uint8Array.of(1), new Date(5), -255n, 255n),
    nested: message(
      [
        { id: 1, name: 'x' },
        { id: 2, name: 'y' },
      ],
      new Map([[1, new Set(['a'])]]),
    ),
    error: message(new ForgeError('OVERLOADED', 'm', { hint: 'h', details: { a: 1 } }), new TypeError('t')),
    reference: message(new Stand()),
    call: message(0, 'vault.leases', 0, 'create', undefined, ['db/password']),
    kinds: Uint8Array.from(Object.values(FRAME)),
  }
}

test('the bytes of version 1 are as they were', async () => {
  const frozen = JSON.parse(await readFile(VECTORS, 'utf8')) as Record<string, string>
  const made = Object.fromEntries(Object.entries(bytesOf()).map(([name, bytes]) => [name, toHex(bytes)]))
  expect(made).toEqual(frozen)
})

test('what was written by version 1 is read', async () => {
  const frozen = JSON.parse(await readFile(VECTORS, 'utf8')) as Record<string, string>
  const read = (name: string, count: number): unknown[] =>
    readAll(Buffer.from(fromHex(frozen[name]!)!), { count })
  expect(read('singles', 4)).toEqual([undefined, null, false, true])
  expect(read('unicode', 3)).toEqual(['ä', '\uD800', 'a'])
  expect(read('others', 4)).toEqual([Uint8Array.of(1), new Date(5), -255n, 255n])
  expect(read('nested', 2)).toEqual([
    [
      { id: 1, name: 'x' },
      { id: 2, name: 'y' },
    ],
    new Map([[1, new Set(['a'])]]),
  ])
  expect(read('call', 6)).toEqual([0, 'vault.leases', 0, 'create', undefined, ['db/password']])
})
