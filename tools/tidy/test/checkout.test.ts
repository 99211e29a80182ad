import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALL_RULES } from '../src/all-rules.ts'
import { readCheckout } from '../src/repository/read-checkout.ts'

const files = readCheckout(join(import.meta.dirname, '../../..'))

test.each([...ALL_RULES])('%s', (_, rule) => {
  expect(rule(files).map(({ path, reason }) => `${path}: ${reason}`)).toEqual([])
})
