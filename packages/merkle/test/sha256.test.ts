import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../src/hash.ts'
import { sha256Into as byNode } from '../src/sha256/node-sha256.ts'
import { sha256Into as byNoble } from '../src/sha256/noble-sha256.ts'
import { sha256Into } from '#sha256'

describe.each([
  ['of Node.js', byNode],
  ['in JavaScript', byNoble],
])('SHA-256 %s', (_, into) => {
  test('is that of FIPS 180-4 at every length around its blocks, and leaves the rest of the target alone', () => {
    for (let length = 0; length <= 200; length++) {
      const input = Uint8Array.from({ length }, (__, at) => (at * 7 + length) % 256)
      const target = new Uint8Array(40).fill(9)
      into(input, target, 4)
      const expected = createHash('sha256').update(input).digest()
      expect([...target]).toEqual([9, 9, 9, 9, ...expected, 9, 9, 9, 9])
    }
  })

  test('may be written over its own input', () => {
    const bytes = new Uint8Array(65).fill(1)
    const expected = createHash('sha256').update(bytes).digest()
    into(bytes, bytes, 1)
    expect([...bytes.subarray(1, 33)]).toEqual([...expected])
  })
})

test('the vector of FIPS 180-2', () => {
  expect(Buffer.from(sha256(new TextEncoder().encode('abc'))).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('each run of these tests has the implementation that its conditions name', ({ task }) => {
  expect(sha256Into).toBe(task.file.projectName === 'browser' ? byNoble : byNode)
})
