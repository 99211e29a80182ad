import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isForgeError } from '@forgeone/common'
import { parseQuery } from '../../src/query/parser.ts'
import { printQuery } from '../../src/query/printer.ts'
import { anyQuery } from './query-arbitrary.ts'

describe('parser and printer', () => {
  test('a printed tree is read back as the same tree', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        const text = printQuery(query)
        // Trees above the limits cannot be read back.
        fc.pre(text.length <= 4_096)
        expect(parseQuery(text), text).toEqual(query)
      }),
      { numRuns: 3_000 },
    )
  })

  test('any text is read or refused with an offset inside it', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '"',
      '(',
      ')',
      '|',
      '*',
      ':',
      'topic:',
      'time:',
      '~',
      '-',
      'OR ',
      'NOT ',
      '[',
      ',',
      '>=',
      'stats ',
      'by',
      'é',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const query = parseQuery(text)
            expect(parseQuery(printQuery(query))).toEqual(query)
          } catch (error) {
            if (!isForgeError(error, 'STREAM_QUERY_SYNTAX', 'STREAM_QUERY_UNSAFE', 'STREAM_QUERY_LIMIT'))
              throw error
            expect(error.details['offset']).toBeGreaterThanOrEqual(0)
            expect(error.details['offset']).toBeLessThanOrEqual(text.length)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
