import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { isForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { FRAME, RECORD_HEAD_BYTES } from '../src/wire/frame.ts'
import { RecordCodes, recordKey } from '../src/wire/record-code.ts'
import { RecordReader, type Frame } from '../src/wire/record-reader.ts'
import { RecordWriter } from '../src/wire/record-writer.ts'

const KEY = new Uint8Array(32).fill(3)

/** Two records with three frames, as they are on their way. */
function records(): Buffer {
  const way = new PassThrough()
  // Of a socket only what is written is used.
  const writer = new RecordWriter({
    socket: way as unknown as Socket,
    codes: new RecordCodes(recordKey(KEY)),
  })
  writer.add(FRAME.CALL, 1, Buffer.from('one'))
  writer.add(FRAME.CALL, 2, Buffer.from('two'))
  writer.flush()
  writer.add(FRAME.PING, 0)
  writer.flush()
  return way.read() as Buffer
}

function reading(): { readonly reader: RecordReader; readonly read: [number, number, string][] } {
  const read: [number, number, string][] = []
  const onFrame = ({ kind, id, body }: Frame): void => void read.push([kind, id, body.toString()])
  return { read, reader: new RecordReader({ codes: new RecordCodes(recordKey(KEY)), onFrame }) }
}

const FRAMES = [
  [FRAME.CALL, 1, 'one'],
  [FRAME.CALL, 2, 'two'],
  [FRAME.PING, 0, ''],
]

test('records come out as they went in, however they are cut on their way', () => {
  const bytes = records()
  for (const size of [1, 2, 3, 7, 19, 20, 21, bytes.length]) {
    const { reader, read } = reading()
    for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size))
    expect(read).toEqual(FRAMES)
  }
})

test('of a record with any bit turned nothing is believed', () => {
  const bytes = records()
  const first = RECORD_HEAD_BYTES + bytes.readUInt32BE(0)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const turned = Buffer.from(bytes)
    turned[bit >> 3]! ^= 1 << (bit & 7)
    const { reader, read } = reading()
    try {
      reader.read(turned)
      // A length that grew waits for what never comes.
      expect(bit < 32 || (bit >= first * 8 && bit < first * 8 + 32)).toBe(true)
    } catch (error) {
      expect(isForgeError(error, 'IPC_PROTOCOL')).toBe(true)
    }
    expect(read).toEqual(bit < first * 8 ? [] : FRAMES.slice(0, 2))
  }
})

test('a record of another connection, direction or place is not believed', () => {
  const bytes = records()
  const first = RECORD_HEAD_BYTES + bytes.readUInt32BE(0)
  const swapped = reading()
  expect(() => swapped.reader.read(bytes.subarray(first))).toThrow(/authentic/)
  const repeated = reading()
  repeated.reader.read(bytes.subarray(0, first))
  expect(() => repeated.reader.read(bytes.subarray(0, first))).toThrow(/authentic/)
  const codes = new RecordCodes(recordKey(new Uint8Array(32)))
  const foreign = new RecordReader({ codes, onFrame: () => expect.unreachable() })
  expect(() => foreign.read(bytes)).toThrow(/authentic/)
})
