import { constants, zstdCompressSync } from 'node:zlib'
import { isForgeError } from '@forgeone/common'
import { expect, it } from 'vitest'
import { decompress } from '../../src/import/decompress.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function failureOf(bytes: Uint8Array): Promise<unknown> {
  try {
    for await (const _ of decompress(once(bytes)));
    return undefined
  } catch (error) {
    return error
  }
}

const text = Buffer.from('a line\n'.repeat(1000))
/** The frame header as of RFC 8878 3.1.1.1: no content size, and a window descriptor for 2 GiB. */
const wide = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00)

it('data that needs too large a window is refused by the window, not as damaged', async () => {
  const failure = await failureOf(wide)
  expect(isForgeError(failure, 'INPUT_UNREADABLE')).toBe(true)
  expect(String(failure)).toContain('window above the 128 MiB')
})

it('data that ends too early is still called damaged', async () => {
  const whole = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
  expect(String(await failureOf(whole.subarray(0, whole.length - 3)))).toContain('damaged or ends too early')
  expect(await failureOf(whole)).toBeUndefined()
})
