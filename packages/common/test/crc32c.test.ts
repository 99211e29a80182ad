import { expect, test } from 'vitest'
import { crc32c, utf8Encode } from '@forgeone/common'

test('the checksums of RFC 3720 appendix B.4 come out', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
  expect(crc32c(utf8Encode('123456789'))).toBe(0xe3069283)
})

test('a message in parts has the checksum of the whole', () => {
  const bytes = Uint8Array.from({ length: 1001 }, (_, index) => (index * 7) & 0xff)
  expect(crc32c(bytes.subarray(333), crc32c(bytes.subarray(0, 333)))).toBe(crc32c(bytes))
})
