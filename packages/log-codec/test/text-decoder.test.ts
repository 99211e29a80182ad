import { ByteReader, ByteWriter, utf8Encode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { BinaryCoder } from '../src/binary-coder.ts'
import { decodeTexts } from '../src/text-decoder.ts'
import {
  HEADER_COLUMN,
  HEADER_COLUMNS,
  HEADER_CONSTANT,
  HEADER_PLAN,
  HEADER_SHARED,
  HEADER_TEMPLATES,
  HEAP_INLINE,
} from '../src/text-layout.ts'
import { TextModel } from '../src/text-model.ts'

const rows = { count: 2, timestamps: new Float64Array(2), levels: new Uint8Array(2) }
const settings = { contextCount: 3, counterBits: 12 }

interface Written {
  readonly column?: number
  readonly kind?: number
  readonly width?: number
  readonly prediction?: number
  readonly values?: readonly number[]
  readonly templateIds?: readonly number[]
}

/** Texts of one template with one column, written as a coder never would. */
function decodeWritten({
  column = 0,
  kind = 1,
  width = 0,
  prediction = 0,
  values = [5, 6],
  templateIds = [0, 0],
}: Written): readonly number[] {
  const coder = new BinaryCoder(undefined)
  const model = new TextModel(coder, settings, rows, undefined)
  model.header(1, HEADER_TEMPLATES)
  model.header(0, HEADER_SHARED)
  model.header(1, HEADER_COLUMNS)
  model.string(utf8Encode('a '), HEADER_CONSTANT)
  model.header(column, HEADER_COLUMN)
  model.string(utf8Encode(' z'), HEADER_CONSTANT)
  model.templateIds(Uint32Array.from(templateIds))
  model.header(kind, HEADER_PLAN)
  if (kind > 0) model.header(width, HEADER_PLAN + 1)
  model.header(prediction, HEADER_PLAN + 2)
  if (prediction > 1) for (let part = 3; part <= 6; part++) model.header(0, HEADER_PLAN + part)
  model.numbers(0, Uint32Array.of(0, 1), Float64Array.from(values))
  const stream = coder.finish()
  const out = new ByteWriter()
  out
    .varint(10)
    .u8(settings.contextCount)
    .u8(settings.counterBits)
    .u8(HEAP_INLINE)
    .varint(stream.length)
    .bytes(stream)
  const from = new ByteReader(out.finish(), { code: 'STREAM_BLOCK_DAMAGED', what: 'texts' })
  return [...decodeTexts(from, rows).columns[0]!.numbers!]
}

test('numbers come back', () => {
  expect(decodeWritten({})).toEqual([5, 6])
  expect(decodeWritten({ prediction: 1, values: [10, 3] })).toEqual([5, 3])
})

test.each<[string, Written]>([
  ['a negative number', { prediction: 1, values: [1, 0] }],
  ['a number of more digits than its width', { kind: 2, width: 2, values: [5, 100] }],
  ['a number of 16 digits', { values: [5, 1e15] }],
  ['a fixed width of nothing', { kind: 2, width: 0 }],
  ['an unknown kind', { kind: 4 }],
  ['an unknown prediction', { prediction: 5 }],
  ['a prediction from a column that is not there', { prediction: 3 }],
  ['a number in another unit', { prediction: 4 }],
  ['differences of strings', { kind: 0, prediction: 1 }],
  ['a gap between columns', { column: 1 }],
  ['a row of an unknown template', { templateIds: [0, 1] }],
])('%s is refused as damaged', (_, written) => {
  expect(() => decodeWritten(written)).toThrow(expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED' }))
})
