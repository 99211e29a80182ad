import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

/** It runs the suites of others anew, over another store, so it shares no modules with them. */
const DISTANT = 'test/distant-stores.test.ts'
// Projects add to what they extend: each names its tests itself.
const { include, ...settings } = shared.test ?? {}

export default defineConfig({
  ...shared,
  test: {
    ...settings,
    projects: [
      { extends: true, test: { name: 'local', include, exclude: [DISTANT] } },
      { extends: true, test: { name: 'distant', include: [DISTANT], isolate: true } },
    ],
  },
})
