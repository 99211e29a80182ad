import { expect, test } from 'vitest'
import { withoutLeadingNuls } from '../../src/import/leading-nuls.ts'

async function passed(bytes: Uint8Array, size: number): Promise<{ text: string; skipped: number }> {
  let skipped = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const parts = await Array.fromAsync(withoutLeadingNuls(chunks(), (count) => (skipped = count)))
  return { text: Buffer.concat(parts).toString('latin1'), skipped }
}

const file = (nuls: number, text: string): Uint8Array =>
  Buffer.concat([Buffer.alloc(nuls), Buffer.from(text)])

test.each([1, 2, 3, 5, 1000])('zeros that nobody wrote are passed over, in chunks of %i', async (size) => {
  expect(await passed(file(40, 'one\n\0two\0'), size)).toEqual({ text: 'one\n\0two\0', skipped: 40 })
  expect(await passed(file(4, 'x'), size)).toEqual({ text: 'x', skipped: 4 })
  // So few are of text in two or four bytes a character.
  expect(await passed(file(3, 'x'), size)).toEqual({ text: '\0\0\0x', skipped: 0 })
  expect(await passed(file(0, 'x'), size)).toEqual({ text: 'x', skipped: 0 })
  expect(await passed(file(40, ''), size)).toEqual({ text: '', skipped: 40 })
  expect(await passed(file(2, ''), size)).toEqual({ text: '\0\0', skipped: 0 })
  expect(await passed(file(0, ''), size)).toEqual({ text: '', skipped: 0 })
})
