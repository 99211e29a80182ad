import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

const conditions = ['browser']

/** All tests twice: with the SHA-256 of Node.js, and with the one that browsers get. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'node' } },
        {
          extends: true,
          resolve: { conditions },
          ssr: { resolve: { conditions } },
          test: { name: 'browser' },
        },
      ],
    },
  }),
)
