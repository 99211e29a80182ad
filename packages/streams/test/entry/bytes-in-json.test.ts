import { concatBytes, utf8Encode, type JsonValue } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPayload, shownPayload } from '../../src/entry/bytes-in-json.ts'
import { chunksOf, StoreHost } from '../stream/store-host.ts'

const member = fc.constantFrom('$bytes', '$$bytes', '$$$bytes', 'bytes', '$byte')
const value = fc.oneof(
  fc.constantFrom<JsonValue>('aGk=', 'no base64', 1, null),
  fc.jsonValue() as fc.Arbitrary<JsonValue>,
)
const payload: fc.Arbitrary<JsonValue | Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 8 }).map((bytes) => new Uint8Array(bytes)),
  value,
  fc.dictionary(member, value, { maxKeys: 2, noNullPrototype: true }),
)

test('whatever a payload is, what is shown of it is read as the same, through text too', () => {
  fc.assert(
    fc.property(payload, (given) => {
      const shown = JSON.parse(JSON.stringify(shownPayload(given))) as JsonValue
      const plain = given instanceof Uint8Array ? given : (JSON.parse(JSON.stringify(given)) as JsonValue)
      expect(readPayload(shown)).toEqual(plain)
    }),
    { numRuns: 1000 },
  )
})

test('events whose JSON looks like bytes come back from an export as JSON', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { events } = await host.open()
  const payloads = [{ $bytes: 'aGk=' }, { $$bytes: 'aGk=' }, { $bytes: 1 }, { $bytes: 'aGk=', a: 1 }]
  for (const one of payloads) await events.append({ topic: 'a', payload: one })
  await events.append({ topic: 'a', payload: utf8Encode('hi') })
  const lines = (await events.read({ topic: 'a' }).toArray()).map((event) => `${JSON.stringify(event)}\n`)
  await using other = new StoreHost({ shardCount: 1 })
  const { events: copies } = await other.open()
  await copies.importFrom(chunksOf(concatBytes(lines.map((line) => utf8Encode(line)))))
  const read = await copies.read({ topic: 'a' }).toArray()
  expect(read.map((event) => event.payload)).toEqual([...payloads, utf8Encode('hi')])
})
