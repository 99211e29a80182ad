import { expect, test } from 'vitest'
import { unsupportedNode } from '../src/supported-node.ts'

test.each(['22.15.0', '22.15.1', '22.23.3', '23.0.0', '24.21.0', '100.0.0', undefined])(
  '%s serves',
  (version) => {
    expect(unsupportedNode(version)).toBeUndefined()
  },
)

test.each(['22.14.0', '22.0.0', '20.20.2', '18.0.0', '9.9.9', ''])('%s is refused by name', (version) => {
  expect(unsupportedNode(version)).toBe(`ForgeOne needs Node.js 22.15 or later, this is ${version}`)
})
