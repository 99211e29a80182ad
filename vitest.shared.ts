/** One test configuration for every package: sources instead of builds, and time limits that only catch hangs. */
import { defineConfig } from 'vitest/config'

const conditions = ['@forgeone/source', 'node', 'import', 'default']

export const shared: ReturnType<typeof defineConfig> = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    execArgv: ['--conditions=@forgeone/source', '--expose-gc'],
  },
})
