import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

const conditions = ['browser']
/** Of what is in `@forgeone/audit/verify`: the rest needs Node.js. */
const VERIFIER_TESTS = ['hostile-input.property', 'policy', 'signature', 'signed-note', 'verify-receipt']
// Projects add to what they extend: each names its tests itself.
const { include, ...settings } = shared.test ?? {}

/** The tests of the verifier run twice: with the cryptography of Node.js, and with the one that browsers get. */
export default defineConfig({
  ...shared,
  test: {
    ...settings,
    projects: [
      { extends: true, test: { name: 'node', include } },
      {
        extends: true,
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { name: 'browser', include: VERIFIER_TESTS.map((name) => `test/${name}.test.ts`) },
      },
    ],
  },
})
