import { expect, test } from 'vitest'
import { published, releaseTable } from '../src/release-table.ts'

const LOW = { name: '@forgeone/low', version: '0.2.0', size: 1536, unpackedSize: 10_240, entryCount: 7 }
const HIGH = { name: '@forgeone/higher', version: '1.10.0', size: 512, unpackedSize: 1024, entryCount: 9 }

test('a release is a line a package, and the sum', () => {
  expect(releaseTable(published(JSON.stringify([LOW, HIGH]))).split('\n')).toEqual([
    'package           version  files   packed  unpacked',
    '@forgeone/low     0.2.0        7  1.5 KiB  10.0 KiB',
    '@forgeone/higher  1.10.0       9  0.5 KiB   1.0 KiB',
    '2 packages                    16  2.0 KiB  11.0 KiB',
  ])
})

test.each([
  ['[]', 'nothing would be published'],
  [JSON.stringify([LOW, { ...HIGH, entryCount: 3 }]), 'packed without a build: @forgeone/higher'],
  [JSON.stringify([{ name: '@forgeone/low' }]), 'packed without a build: @forgeone/low'],
])('%s is no release', (answer, reason) => {
  expect(() => published(answer)).toThrow(reason)
})
