/** One test configuration for every package: sources instead of builds, and time limits that only catch hangs. */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

declare module 'vitest' {
  interface ProvidedContext {
    /** `pnpm test:long`: every round of what the short tier tries a few of. CONTRIBUTING.md lists them. */
    readonly isLongTier: boolean
  }
}

const conditions = ['@forgeone/source', 'node', 'import', 'default']

export const shared: ReturnType<typeof defineConfig> = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    provide: { isLongTier: process.env['FORGE_TEST_TIER'] === 'long' },
    setupFiles: [join(import.meta.dirname, 'vitest-seed.ts')],
    // A log that is cut still ends with the tests that failed and why: nothing is said of those that passed.
    reporters: ['dot'],
    pool: 'forks',
    maxWorkers: 2,
    // Files share a process and its modules: a third of the time went into loading the same ones for each. A file that changes
    // what others see (a variable, a global) puts it back.
    isolate: false,
    // Tests start many processes from sources; half of their time would go into stripping and compiling them anew.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
    // For all: a test has none of its own that a loaded machine could reach.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    execArgv: ['--conditions=@forgeone/source', '--expose-gc'],
  },
})
